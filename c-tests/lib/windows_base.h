/* What a program includes before <mgm.h> on Windows, where the system headers give the
   base types, the MIB structures and the protocol numbers. Elsewhere mgm.h stands alone. */
#ifndef MGM_TESTS_WINDOWS_BASE_H
#define MGM_TESTS_WINDOWS_BASE_H

#ifdef _WIN32
#ifndef _WINDOWS_ /* it wants to come first */
#include <winsock2.h>
#endif
#include <windows.h>
#include <iprtrmib.h>
#ifndef MPR50
#define MPR50 1 /* routprot.h wants a router version */
#endif
#include <routprot.h>
#include <rtmv2.h>
#endif

#endif
