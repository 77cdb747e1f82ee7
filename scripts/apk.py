"""An .apk as OpenWrt makes them, by `apk mkpkg` of apk 3: named in APK, or on PATH."""

import os
import shutil
import subprocess

from feed import SKIP, WHERE, PackError, sha256


def write(package, out, now):
    """Writes NAME-VERSION.apk into the folder `out`; returns its path."""
    root, info = package.root, package.root / "lib/apk/packages"
    info.mkdir(parents=True)
    (info / f"{package.name}.list").touch()  # OpenWrt's names itself too, and nothing that is added below
    (info / f"{package.name}.list").write_text("".join(path + "\n" for path in package.files()))
    if package.conffiles:
        (info / f"{package.name}.conffiles").write_text("".join(path + "\n" for path in package.conffiles))
        sums = [f"{path} {sha256(root / path.lstrip('/'))}\n" for path in package.conffiles]
        (info / f"{package.name}.conffiles_static").write_text("".join(sums))
    for path in [root, *root.rglob("*")]:
        os.utime(path, (now, now))
    path = out / f"{package.name}-{package.version}.apk"
    fields = {
        "name": package.name,
        "version": package.version,
        "description": " ".join(package.description.split()),
        "arch": "noarch" if package.arch == "all" else package.arch,
        "license": package.license,
        "origin": package.source,
        "url": package.url,
        "maintainer": package.maintainer,
        "provides": " ".join(package.provides),
        "provider-priority": "100" if package.default_variant else "1" if package.provides else "",
        "depends": " ".join(package.depends),
    }
    arguments = ["mkpkg", "--files", str(root), "--output", str(path)]
    for name, value in fields.items():
        arguments += ["--info", f"{name}:{value}"] if value else []
    for name, text in _scripts(package).items():
        script = root.parent / name
        script.write_text(text)
        arguments += ["--script", f"{name}:{script}"]
    _run(arguments)
    return path


def _scripts(package):
    mine = package.scripts
    known = f'export root="${{IPKG_INSTROOT}}"\nexport pkgname="{package.name}"\n'
    after = "#!/bin/sh\n" + SKIP + WHERE + known + "add_group_and_user\ndefault_postinst\n" + mine.get("postinst", "")
    scripts = {
        "post-install": after,
        "post-upgrade": "#!/bin/sh\nexport PKG_UPGRADE=1\n" + after,
        "pre-deinstall": "#!/bin/sh\n" + WHERE + known + "default_prerm\n" + mine.get("prerm", ""),
    }
    if "preinst" in mine:
        scripts["pre-install"] = mine["preinst"]
        scripts["pre-upgrade"] = "#!/bin/sh\nexport PKG_UPGRADE=1\n" + mine["preinst"]
    if "postrm" in mine:
        scripts["post-deinstall"] = mine["postrm"]
    return scripts


def index(folder):
    """Writes `packages.adb`, by which apk knows the .apk files of `folder`; signed where APK_KEY names a secret key."""
    arguments = ["mkndx", "--allow-untrusted", "--output", str(folder / "packages.adb")]
    arguments += ["--sign-key", os.environ["APK_KEY"]] if "APK_KEY" in os.environ else []
    _run(arguments + [str(path) for path in sorted(folder.glob("*.apk"))])


def program():
    """The path of an apk of version 3. Raises PackError if there is none."""
    path = os.environ.get("APK") or shutil.which("apk")
    if not path:
        raise PackError("no apk tool: name one of version 3 in APK, or build with ./sdk-build.sh")
    version = _output([path, "--version"]).partition("\n")[0]
    if not version.startswith("apk-tools 3"):
        raise PackError(f"{path} is no apk of version 3: it says '{version}'")
    return path


def _run(arguments):
    # what is in a package belongs to root, not to the user who builds it
    _output(([] if os.geteuid() == 0 else ["fakeroot"]) + [program(), *arguments])


def _output(command):
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    except OSError as error:
        raise PackError(f"{command[0]}: {error.strerror}")
    if done.returncode:
        raise PackError(f"{' '.join(command[:3])}: {(done.stderr or done.stdout).strip()}")
    return done.stdout
