/* Rust programs draw their randomness from this one function of Windows 8 and later, which older
 * versions of Wine lack. */
#include <windows.h>
#include <ntsecapi.h>

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T length)
{
    return RtlGenRandom(data, (ULONG)length);
}
