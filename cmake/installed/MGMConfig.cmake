# find_package(MGM): the multicast group manager as it is installed.
#
#   MGM::rtm         the shared library and its headers
#   MGM::rtm_static  the static one, where it is installed; for programs only: in a second
#                    module of a process it would be a second manager
#   MGM::compat      the Windows headers' names for ported sources, where they are installed
#
# Found by the place of this file, so that the tree may be moved.
get_filename_component(_mgm_prefix "${CMAKE_CURRENT_LIST_DIR}" REALPATH)
set(_mgm_libdirs)
while(NOT EXISTS "${_mgm_prefix}/include/mgm.h")
  # Above this file: lib/cmake/MGM, lib/x86_64-linux-gnu/cmake/MGM, share/cmake/MGM.
  list(APPEND _mgm_libdirs "${_mgm_prefix}")
  get_filename_component(_mgm_above "${_mgm_prefix}" DIRECTORY)
  if(_mgm_above STREQUAL _mgm_prefix)
    set(MGM_FOUND FALSE)
    set(MGM_NOT_FOUND_MESSAGE "no include/mgm.h above ${CMAKE_CURRENT_LIST_DIR}")
    return()
  endif()
  set(_mgm_prefix "${_mgm_above}")
endwhile()
list(APPEND _mgm_libdirs "${_mgm_prefix}/lib/${CMAKE_LIBRARY_ARCHITECTURE}" "${_mgm_prefix}/lib"
  "${_mgm_prefix}/lib64")

foreach(_mgm_file librtm.so librtm.a)
  unset(_mgm_${_mgm_file})
  foreach(_mgm_libdir ${_mgm_libdirs})
    if(NOT DEFINED _mgm_${_mgm_file} AND EXISTS "${_mgm_libdir}/${_mgm_file}")
      set(_mgm_${_mgm_file} "${_mgm_libdir}/${_mgm_file}")
    endif()
  endforeach()
endforeach()
if(NOT DEFINED _mgm_librtm.so)
  set(MGM_FOUND FALSE)
  set(MGM_NOT_FOUND_MESSAGE "no librtm.so in ${_mgm_libdirs}")
  return()
endif()

include(CMakeFindDependencyMacro)
set(THREADS_PREFER_PTHREAD_FLAG TRUE)
find_dependency(Threads)
if(NOT TARGET MGM::rtm)
  add_library(MGM::rtm SHARED IMPORTED)
  set_target_properties(MGM::rtm PROPERTIES
    IMPORTED_LOCATION "${_mgm_librtm.so}"
    IMPORTED_SONAME librtm.so.1
    INTERFACE_INCLUDE_DIRECTORIES "${_mgm_prefix}/include")
  if(DEFINED _mgm_librtm.a)
    add_library(MGM::rtm_static STATIC IMPORTED)
    set_target_properties(MGM::rtm_static PROPERTIES
      IMPORTED_LOCATION "${_mgm_librtm.a}"
      INTERFACE_INCLUDE_DIRECTORIES "${_mgm_prefix}/include"
      INTERFACE_LINK_LIBRARIES "Threads::Threads;m;${CMAKE_DL_LIBS}")
  endif()
  if(EXISTS "${_mgm_prefix}/include/mgm/compat")
    add_library(MGM::compat INTERFACE IMPORTED)
    set_target_properties(MGM::compat PROPERTIES
      INTERFACE_INCLUDE_DIRECTORIES "${_mgm_prefix}/include/mgm/compat"
      INTERFACE_LINK_LIBRARIES MGM::rtm)
  endif()
endif()
