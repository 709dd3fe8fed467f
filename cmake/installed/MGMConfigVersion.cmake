# find_package(MGM 0.1): this version or a later one with the same SONAME. The version is
# that of Cargo.toml; a test compares them.
set(PACKAGE_VERSION 0.1.0)
if(PACKAGE_FIND_VERSION VERSION_EQUAL PACKAGE_VERSION)
  set(PACKAGE_VERSION_EXACT TRUE)
endif()
if(PACKAGE_FIND_VERSION VERSION_LESS_EQUAL PACKAGE_VERSION)
  set(PACKAGE_VERSION_COMPATIBLE TRUE)
endif()
