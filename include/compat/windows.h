/*
 * <windows.h> for multicast routing protocols that are ported to Linux: the base types, and the few functions that a header can give.
 *
 * Facts from Microsoft's public reference and mingw-w64's public-domain headers. On Windows
 * this is the system's own header.
 */
#ifndef MGM_COMPAT_WINDOWS_H
#define MGM_COMPAT_WINDOWS_H

#ifdef _WIN32
#pragma GCC system_header
#include_next <windows.h>
#else

/* The types that the manager's interface is written in: one definition for all. */
#include <mgm.h>
#include "winerror.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Calling conventions: the platform's own. */
#ifndef WINAPI
#define WINAPI MGM_CALL
#endif
#ifndef CALLBACK
#define CALLBACK MGM_CALL
#endif
#ifndef APIENTRY
#define APIENTRY WINAPI
#endif
#ifndef NTAPI
#define NTAPI
#endif
#ifndef FAR
#define FAR
#endif

/* Notes on parameters. */
#ifndef IN
#define IN
#endif
#ifndef OUT
#define OUT
#endif
#ifndef OPTIONAL
#define OPTIONAL
#endif
#ifndef CONST
#define CONST const
#endif
#ifndef VOID
#define VOID void
#endif

typedef char CHAR;
typedef int16_t SHORT;
typedef int32_t LONG;
typedef int64_t LONGLONG;
typedef uint16_t WORD;
typedef uint8_t BOOLEAN;
typedef BOOL WINBOOL;
typedef int32_t INT32;
typedef int64_t INT64;
typedef uint32_t UINT32;
typedef uint32_t DWORD32;
typedef uint32_t ULONG32;
typedef uint64_t UINT64;
typedef uint64_t DWORD64;
typedef uint64_t ULONG64;
typedef uint64_t DWORDLONG;
typedef intptr_t INT_PTR;
typedef intptr_t LONG_PTR;
typedef uintptr_t UINT_PTR;
typedef uintptr_t ULONG_PTR;
typedef uintptr_t DWORD_PTR;
typedef size_t SIZE_T;
/* UTF-16, as there: a text is u"..."; L"..." has 4 bytes a character on Linux. */
#ifdef __cplusplus
typedef char16_t WCHAR;
#else
typedef uint16_t WCHAR;
#endif

typedef void *LPVOID;
typedef const void *LPCVOID;
typedef CHAR *PCHAR, *LPSTR, *PSTR;
typedef const CHAR *LPCSTR, *PCSTR;
typedef WCHAR *PWCHAR, *LPWSTR, *PWSTR;
typedef const WCHAR *LPCWSTR, *PCWSTR;
typedef UCHAR *PUCHAR;
typedef BYTE *LPBYTE;
typedef SHORT *PSHORT;
typedef USHORT *PUSHORT;
typedef WORD *PWORD, *LPWORD;
typedef INT *PINT, *LPINT;
typedef UINT *PUINT;
typedef LONG *PLONG, *LPLONG;
typedef ULONG *PULONG;
typedef DWORD *LPDWORD;
typedef LONGLONG *PLONGLONG;
typedef ULONGLONG *PULONGLONG;
typedef BOOL *PBOOL, *LPBOOL;
typedef BOOLEAN *PBOOLEAN;
typedef HANDLE *PHANDLE, *LPHANDLE;
typedef HANDLE HMODULE, HINSTANCE;
typedef FILETIME *LPFILETIME;

typedef union _LARGE_INTEGER {
    __extension__ struct {
        DWORD LowPart;
        LONG HighPart;
    };
    struct {
        DWORD LowPart;
        LONG HighPart;
    } u;
    LONGLONG QuadPart;
} LARGE_INTEGER, *PLARGE_INTEGER;

typedef union _ULARGE_INTEGER {
    __extension__ struct {
        DWORD LowPart;
        DWORD HighPart;
    };
    struct {
        DWORD LowPart;
        DWORD HighPart;
    } u;
    ULONGLONG QuadPart;
} ULARGE_INTEGER, *PULARGE_INTEGER;

typedef struct _GUID {
    ULONG Data1;
    USHORT Data2;
    USHORT Data3;
    UCHAR Data4[8];
} GUID;

typedef struct _LIST_ENTRY {
    struct _LIST_ENTRY *Flink;
    struct _LIST_ENTRY *Blink;
} LIST_ENTRY, *PLIST_ENTRY;

#ifndef INVALID_HANDLE_VALUE
#define INVALID_HANDLE_VALUE ((HANDLE)(LONG_PTR)-1)
#endif
#ifndef MAXDWORD
#define MAXDWORD 0xffffffff
#endif
#ifndef INFINITE
#define INFINITE 0xffffffff
#endif
#ifndef MAX_PATH
#define MAX_PATH 260
#endif
#ifndef FIELD_OFFSET
#define FIELD_OFFSET(type, field) ((LONG)offsetof(type, field))
#endif
#ifndef CONTAINING_RECORD
#define CONTAINING_RECORD(address, type, field)                                                  \
    ((type *)(void *)((PCHAR)(address) - offsetof(type, field)))
#endif
#ifndef UNREFERENCED_PARAMETER
#define UNREFERENCED_PARAMETER(parameter) ((void)(parameter))
#endif
#ifndef ARRAYSIZE
#define ARRAYSIZE(array) (sizeof(array) / sizeof((array)[0]))
#endif
#ifndef MAKEWORD
#define MAKEWORD(low, high) ((WORD)(((BYTE)(low)) | ((WORD)((BYTE)(high))) << 8))
#endif
#ifndef MAKELONG
#define MAKELONG(low, high) ((LONG)(((WORD)(low)) | ((DWORD)((WORD)(high))) << 16))
#endif
#ifndef LOWORD
#define LOWORD(value) ((WORD)((DWORD_PTR)(value) & 0xffff))
#endif
#ifndef HIWORD
#define HIWORD(value) ((WORD)(((DWORD_PTR)(value) >> 16) & 0xffff))
#endif
#ifndef LOBYTE
#define LOBYTE(value) ((BYTE)((DWORD_PTR)(value) & 0xff))
#endif
#ifndef HIBYTE
#define HIBYTE(value) ((BYTE)(((DWORD_PTR)(value) >> 8) & 0xff))
#endif
#if !defined(__cplusplus) && !defined(NOMINMAX)
#ifndef max
#define max(a, b) ((a) > (b) ? (a) : (b))
#endif
#ifndef min
#define min(a, b) ((a) < (b) ? (a) : (b))
#endif
#endif

#ifndef ZeroMemory
#define MoveMemory(to, from, size) memmove((to), (from), (size))
#define CopyMemory(to, from, size) memcpy((to), (from), (size))
#define FillMemory(to, size, byte) memset((to), (byte), (size))
#define ZeroMemory(to, size) memset((to), 0, (size))
#define RtlMoveMemory MoveMemory
#define RtlCopyMemory CopyMemory
#define RtlFillMemory FillMemory
#define RtlZeroMemory ZeroMemory
#define RtlEqualMemory(a, b, size) (memcmp((a), (b), (size)) == 0)
#endif

/* Memory: there is one heap, the C library's. */
#ifndef HEAP_ZERO_MEMORY
#define HEAP_ZERO_MEMORY 0x00000008
#endif

static inline HANDLE GetProcessHeap(void) {
    static char heap;
    return &heap;
}

static inline LPVOID HeapAlloc(HANDLE heap, DWORD flags, SIZE_T size) {
    (void)heap;
    /* One of no bytes has an address too. */
    size = size > 0 ? size : 1;
    return (flags & HEAP_ZERO_MEMORY) != 0 ? calloc(1, size) : malloc(size);
}

static inline BOOL HeapFree(HANDLE heap, DWORD flags, LPVOID memory) {
    (void)heap;
    (void)flags;
    free(memory);
    return TRUE;
}

/* Numbers that several threads change; each is a full barrier. */
static inline LONG InterlockedIncrement(LONG volatile *value) {
    return __atomic_add_fetch(value, 1, __ATOMIC_SEQ_CST);
}

static inline LONG InterlockedDecrement(LONG volatile *value) {
    return __atomic_sub_fetch(value, 1, __ATOMIC_SEQ_CST);
}

static inline LONG InterlockedExchange(LONG volatile *value, LONG other) {
    return __atomic_exchange_n(value, other, __ATOMIC_SEQ_CST);
}

static inline LONG InterlockedExchangeAdd(LONG volatile *value, LONG more) {
    return __atomic_fetch_add(value, more, __ATOMIC_SEQ_CST);
}

static inline LONG InterlockedCompareExchange(LONG volatile *value, LONG other, LONG expected) {
    __atomic_compare_exchange_n(value, &expected, other, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    return expected;
}

/* A lock that its owner may take again. */
typedef struct _RTL_CRITICAL_SECTION {
    pthread_mutex_t mutex;
    /* Whoever sees `owned` sees `owner`: only the owner finds itself there. */
    pthread_t owner;
    int owned;
    LONG depth;
} CRITICAL_SECTION, *PCRITICAL_SECTION, *LPCRITICAL_SECTION;

static inline void InitializeCriticalSection(LPCRITICAL_SECTION section) {
    memset(section, 0, sizeof *section);
    (void)pthread_mutex_init(&section->mutex, NULL);
}

static inline BOOL InitializeCriticalSectionAndSpinCount(LPCRITICAL_SECTION section, DWORD spins) {
    (void)spins;
    InitializeCriticalSection(section);
    return TRUE;
}

static inline BOOL MgmCompatOwns(LPCRITICAL_SECTION section) {
    return __atomic_load_n(&section->owned, __ATOMIC_ACQUIRE) != 0 &&
                   pthread_equal(__atomic_load_n(&section->owner, __ATOMIC_RELAXED),
                                 pthread_self()) != 0
               ? TRUE
               : FALSE;
}

static inline void MgmCompatOwn(LPCRITICAL_SECTION section) {
    __atomic_store_n(&section->owner, pthread_self(), __ATOMIC_RELAXED);
    __atomic_store_n(&section->owned, 1, __ATOMIC_RELEASE);
    section->depth = 1;
}

static inline void EnterCriticalSection(LPCRITICAL_SECTION section) {
    if (MgmCompatOwns(section)) {
        section->depth++;
        return;
    }
    (void)pthread_mutex_lock(&section->mutex);
    MgmCompatOwn(section);
}

static inline BOOL TryEnterCriticalSection(LPCRITICAL_SECTION section) {
    if (MgmCompatOwns(section)) {
        section->depth++;
        return TRUE;
    }
    if (pthread_mutex_trylock(&section->mutex) != 0)
        return FALSE;
    MgmCompatOwn(section);
    return TRUE;
}

static inline void LeaveCriticalSection(LPCRITICAL_SECTION section) {
    if (--section->depth > 0)
        return;
    __atomic_store_n(&section->owned, 0, __ATOMIC_RELEASE);
    (void)pthread_mutex_unlock(&section->mutex);
}

static inline void DeleteCriticalSection(LPCRITICAL_SECTION section) {
    (void)pthread_mutex_destroy(&section->mutex);
}

/*
 * Time, where the names of POSIX are visible: with -std=gnu11 (the compiler's default), in
 * C++, or with -D_POSIX_C_SOURCE=200809L.
 */
#if (defined(_POSIX_C_SOURCE) && _POSIX_C_SOURCE >= 199309L) ||                                  \
    (defined(_XOPEN_SOURCE) && _XOPEN_SOURCE >= 500)

/* Milliseconds since some start. */
static inline ULONGLONG GetTickCount64(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (ULONGLONG)now.tv_sec * 1000 + (ULONGLONG)now.tv_nsec / 1000000;
}

static inline DWORD GetTickCount(void) { return (DWORD)GetTickCount64(); }

static inline void Sleep(DWORD milliseconds) {
    struct timespec left;
    left.tv_sec = (time_t)(milliseconds / 1000);
    left.tv_nsec = (long)(milliseconds % 1000) * 1000000;
    /* A signal does not end it. */
    while (nanosleep(&left, &left) != 0)
        continue;
}
#endif

#endif /* not _WIN32 */

#endif
