# What luci-app-nametrack takes from LuCI's luci.mk: the pages and what belongs to them, as they are. Translations are
# packages of their own and need LuCI's po2lmo: OpenWrt's SDK builds those.

PKG_MAINTAINER := $(LUCI_MAINTAINER)

define Package/$(PKG_NAME)
  SECTION:=luci
  TITLE:=$(LUCI_TITLE)
  DEPENDS:=$(LUCI_DEPENDS)
  URL:=$(LUCI_URL)
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

$(eval $(call BuildPackage,$(PKG_NAME)))
