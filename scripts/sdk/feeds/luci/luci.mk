# What luci-app-nametrack takes from LuCI's luci.mk: the pages and what belongs to them, as they are, and a package for
# each language.

LUCI_LANGUAGES := $(sort $(filter-out templates,$(notdir $(patsubst %/,%,$(wildcard $(CURDIR)/po/*/)))))

# How LuCI calls the languages there are, and their codes in the names of packages where those differ.
LUCI_LANG.de = Deutsch (German)
LUCI_LANG.zh_Hans = 简体中文 (Simplified Chinese)
LUCI_LC_ALIAS.zh_Hans = zh-cn

define Package/$(PKG_NAME)
  SECTION:=luci
  TITLE:=$(LUCI_TITLE)
  DEPENDS:=$(LUCI_DEPENDS)
  URL:=$(LUCI_URL)
  MAINTAINER:=$(LUCI_MAINTAINER)
  PKGARCH:=$(LUCI_PKGARCH)
endef

define Package/$(PKG_NAME)/postinst
[ -n "$${IPKG_INSTROOT}" ] || { \
	rm -f /tmp/luci-indexcache.*
	rm -rf /tmp/luci-modulecache/
	/etc/init.d/rpcd reload 2>/dev/null
	exit 0
}
endef

define Package/$(PKG_NAME)/install
	$(INSTALL_DIR) $(1)/www
	$(if $(wildcard $(CURDIR)/htdocs/.),$(CP) $(CURDIR)/htdocs/* $(1)/www/)
	$(if $(wildcard $(CURDIR)/root/.),$(CP) $(CURDIR)/root/* $(1)/)
	chmod -R u=rwX,go=rX $(1)
endef

include $(INCLUDE_DIR)/package.mk

# 1: the code in names; 2: the folder in po/; 3: the package without luci-app-
define LuciTranslation
define Package/luci-i18n-$(3)-$(1)
  SECTION:=luci
  TITLE:=$(PKG_NAME) - $(1) translation
  DEPENDS:=$(PKG_NAME)
  VERSION:=$(PKG_PO_VERSION)
  PKGARCH:=all
endef

define Package/luci-i18n-$(3)-$(1)/description
Translation for $(PKG_NAME) - $(LUCI_LANG.$(2))
endef

define Package/luci-i18n-$(3)-$(1)/install
	$$(INSTALL_DIR) $$(1)/etc/uci-defaults $$(1)/usr/lib/lua/luci/i18n
	echo "uci set luci.languages.$(subst -,_,$(1))='$(LUCI_LANG.$(2))'; uci commit luci" \
		>$$(1)/etc/uci-defaults/luci-i18n-$(3)-$(1)
	python3 $(TOPDIR)/po2lmo.py $(CURDIR)/po/$(2)/$(3).po $$(1)/usr/lib/lua/luci/i18n/$(3).$(1).lmo
endef
endef

$(eval $(call BuildPackage,$(PKG_NAME)))
$(foreach language,$(LUCI_LANGUAGES),\
  $(if $(LUCI_LANG.$(language)),,$(error scripts/sdk/feeds/luci/luci.mk does not know how LuCI calls $(language)))\
  $(eval code := $(firstword $(LUCI_LC_ALIAS.$(language)) $(language)))\
  $(eval $(call LuciTranslation,$(code),$(language),$(PKG_NAME:luci-app-%=%)))\
  $(eval $(call BuildPackage,luci-i18n-$(PKG_NAME:luci-app-%=%)-$(code))))
