# What the feed's Makefiles take from OpenWrt's package.mk, for packages that need nothing compiled: it runs their own
# recipes and writes their own fields, for scripts/pack.py to pack. OUT is the folder to write to:
#
#   $(OUT)/NAME/root/...                    the files
#   $(OUT)/NAME/fields/{VERSION,DEPENDS,…}  what the Makefile says of the package
#   $(OUT)/NAME/{postinst,prerm,…}          its scripts
#
# A package that WITHOUT names is left out.
#
# Expansion is as often as OpenWrt's, so that a $$ means the same in both.

PKG_BUILD_DIR ?= $(OUT)/build/$(PKG_NAME)
SOURCE := feeds/nametrack/openwrt/$(notdir $(CURDIR))

FIELDS := VERSION SECTION TITLE DEPENDS PROVIDES CONFLICTS DEFAULT_VARIANT PKGARCH MAINTAINER LICENSE LICENSE_FILES URL SOURCE
SCRIPTS := description conffiles preinst postinst prerm postrm

all: ;

# An archive of the sources lies in DL_DIR, its name and sum are the package's.
define Build/Prepare/Default
	$(if $(PKG_SOURCE),echo "$(PKG_HASH)  $(DL_DIR)/$(PKG_SOURCE)" | sha256sum -c --quiet)
	$(if $(PKG_SOURCE),tar -xf $(DL_DIR)/$(PKG_SOURCE) -C $(PKG_BUILD_DIR) --strip-components=1)
endef

# 1: package
define BuildPackage
$(foreach field,SECTION TITLE DEPENDS PROVIDES CONFLICTS DEFAULT_VARIANT URL,$(eval $(field) :=))
$(eval VERSION := $(PKG_VERSION)-r$(PKG_RELEASE))
$(eval PKGARCH := any)
$(eval MAINTAINER := $(PKG_MAINTAINER))
$(eval LICENSE := $(PKG_LICENSE))
$(eval LICENSE_FILES := $(PKG_LICENSE_FILES))
$(eval $(Package/$(1)))
$(if $(filter $(1),$(WITHOUT)),,$(eval $(call PackPackage,$(1))))
endef

# 1: package
define PackPackage
all: pack-$(1)
pack-$(1): $(OUT)/$(1)/root
	$(call Package/$(1)/install,$(OUT)/$(1)/root)
	$(foreach field,$(FIELDS),$$(file >$(OUT)/$(1)/fields/$(field),$($(field))))
	$(foreach script,$(SCRIPTS),$$(if $$(Package/$(1)/$(script)),$$(file >$(OUT)/$(1)/$(script),$$(Package/$(1)/$(script)))))

# A rule of its own: make writes those files before it runs the first line of the recipe they stand in.
$(OUT)/$(1)/root: $(PKG_BUILD_DIR)/.prepared
	mkdir -p $(OUT)/$(1)/root $(OUT)/$(1)/fields
endef

$(PKG_BUILD_DIR)/.prepared:
	mkdir -p $(PKG_BUILD_DIR)
	$(Build/Prepare)
	touch $@
