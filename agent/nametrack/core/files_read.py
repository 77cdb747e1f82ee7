"""What was read of the machine's files: the configuration in force, and what findings are about beside it."""


class FilesRead:
    def __init__(self):
        self.config = None  # core.config.configuration.Config, None before the first
        self._coming = None  # policies.preparation.Preparation, of the Config that is to be in force next
        self.cron = []  # the scheduled tasks of the router, a line each
        self.firewall = None  # core.config.firewall.Firewall, None if there is none
        self.machine = None  # core.machine.Machine, None on a router
        self._refused = []  # why a newer configuration was not loaded, [text]
        self._findings = None  # what is to be found in the configuration alone, once it was looked for

    def prepare(self, coming):
        """Get a Config ready, a Preparation; another one that is not ready yet ends."""
        self._coming = coming

    def prepared(self):
        """Go on with that; return it once it is done, None until then."""
        if not self._coming.go_on():
            return None
        done, self._coming = self._coming, None
        return done

    def is_preparing(self):
        """Return whether a Config is not ready yet."""
        return self._coming is not None

    def take(self, config):
        """This Config is in force from now on."""
        self.config, self._refused, self._findings = config, [], None

    def refuse(self, problems):
        """A newer configuration cannot be loaded, [text]; return what to say, [text]."""
        self._refused, self._findings = ["not loaded: %s" % text for text in problems], None
        return self._refused

    def errors(self):
        """Return what is wrong with the configuration, [text]: first why a newer one was not loaded."""
        return self._refused + self.config.errors

    def findings(self, find):
        """Return what `find` returns, which is called once for each configuration."""
        if self._findings is None:
            self._findings = find()
        return self._findings

    def cron_read(self, lines):
        """The scheduled tasks were read."""
        self.cron = lines
        return []

    def firewall_read(self, firewall):
        """The firewall's configuration was read, None if it has none."""
        self.firewall = firewall
        return []

    def machine_read(self, machine):
        """It was read what a machine has that is no OpenWrt router."""
        self.machine = machine
        return []
