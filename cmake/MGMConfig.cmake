# find_package(MGM CONFIG PATHS <this directory>): the library as cargo builds it.
#
#   MGM::rtm      the shared library: include directory, -lrtm, threads
#   MGM_LIBRARY   the file to use; default: target/release/librtm.so of this tree, or
#                 of CARGO_TARGET_DIR
#   MGM_LIB_DIR   where a program finds librtm.so.1, the library's SONAME, at run time
get_filename_component(_mgm_root ${CMAKE_CURRENT_LIST_DIR} DIRECTORY)
if(DEFINED ENV{CARGO_TARGET_DIR})
  get_filename_component(_mgm_target $ENV{CARGO_TARGET_DIR} ABSOLUTE BASE_DIR ${_mgm_root})
else()
  set(_mgm_target ${_mgm_root}/target)
endif()
set(MGM_LIBRARY ${_mgm_target}/release/librtm.so CACHE FILEPATH "The manager's shared library")
get_filename_component(_mgm_library ${MGM_LIBRARY} ABSOLUTE BASE_DIR ${_mgm_root})
if(NOT EXISTS ${_mgm_library})
  set(MGM_FOUND FALSE)
  set(MGM_NOT_FOUND_MESSAGE "no ${_mgm_library}: run cargo build --release, or set MGM_LIBRARY")
  return()
endif()

# cargo names the file librtm.so; programs look for its SONAME.
set(MGM_LIB_DIR ${CMAKE_BINARY_DIR}/lib)
file(MAKE_DIRECTORY ${MGM_LIB_DIR})
file(CREATE_LINK ${_mgm_library} ${MGM_LIB_DIR}/librtm.so.1 SYMBOLIC)
file(CREATE_LINK librtm.so.1 ${MGM_LIB_DIR}/librtm.so SYMBOLIC)

find_package(Threads REQUIRED)
if(NOT TARGET MGM::rtm)
  add_library(MGM::rtm INTERFACE IMPORTED)
  set_target_properties(MGM::rtm PROPERTIES
    INTERFACE_INCLUDE_DIRECTORIES ${_mgm_root}/include
    INTERFACE_LINK_DIRECTORIES ${MGM_LIB_DIR}
    INTERFACE_LINK_LIBRARIES "-lrtm;Threads::Threads")
endif()
