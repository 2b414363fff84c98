/* Stands in for the terminal services, which Wine only pretends to have: the services' own session,
   a person at the screen whose token can be had, and one who left a session open and whose token
   cannot. Notes every message box in C:\wts-calls.log, and answers "yes". */
#include <windows.h>
#include <stdio.h>

typedef struct {
    DWORD SessionId;
    LPWSTR pWinStationName;
    DWORD State;
} SESSION;

static const WCHAR *users[] = {L"", L"alice", L"bob"};

__declspec(dllexport) BOOL WINAPI WTSEnumerateSessionsW(HANDLE server, DWORD reserved, DWORD version,
                                                        SESSION **sessions, DWORD *count) {
    SESSION *list = LocalAlloc(LPTR, 3 * sizeof(SESSION));
    for (DWORD id = 0; id < 3; id++) {
        list[id].SessionId = id;
        list[id].pWinStationName = L"station";
        list[id].State = id == 1 ? 0 : 4; /* WTSActive, WTSDisconnected */
    }
    *sessions = list;
    *count = 3;
    return TRUE;
}

__declspec(dllexport) BOOL WINAPI WTSQuerySessionInformationW(HANDLE server, DWORD session, int what,
                                                              LPWSTR *buffer, DWORD *bytes) {
    if (session > 2 || what != 5) /* WTSUserName */
        return FALSE;
    *bytes = (lstrlenW(users[session]) + 1) * sizeof(WCHAR);
    *buffer = LocalAlloc(LPTR, *bytes);
    lstrcpyW(*buffer, users[session]);
    return TRUE;
}

__declspec(dllexport) BOOL WINAPI WTSQueryUserToken(ULONG session, PHANDLE token) {
    HANDLE own;
    if (session != 1) {
        SetLastError(ERROR_NO_TOKEN);
        return FALSE;
    }
    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_ALL_ACCESS, &own))
        return FALSE;
    BOOL copied = DuplicateTokenEx(own, TOKEN_ALL_ACCESS, NULL, SecurityImpersonation, TokenPrimary, token);
    CloseHandle(own);
    return copied;
}

__declspec(dllexport) BOOL WINAPI WTSSendMessageW(HANDLE server, DWORD session, LPWSTR title, DWORD title_bytes,
                                                  LPWSTR text, DWORD text_bytes, DWORD style, DWORD timeout,
                                                  DWORD *response, BOOL wait) {
    char line[2048];
    int length = WideCharToMultiByte(CP_UTF8, 0, text, text_bytes / 2, line, sizeof(line) - 1, NULL, NULL);
    line[length < 0 ? 0 : length] = 0;
    FILE *log = fopen("C:\\wts-calls.log", "a");
    if (log) {
        fprintf(log, "session %lu wait %d timeout %lu: %s\n", session, wait, timeout, line);
        fclose(log);
    }
    *response = (style & MB_YESNO) ? IDYES : IDOK;
    return TRUE;
}

__declspec(dllexport) void WINAPI WTSFreeMemory(void *memory) { LocalFree(memory); }
