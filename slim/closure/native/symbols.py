"""Names of functions by which the rules tell what a program or library does."""

LOADING = frozenset(
    {"dlopen", "dlmopen", "g_module_open", "g_module_open_full", "lt_dlopen", "lt_dlopenext",
     "lt_dlopenadvise", "apr_dso_load", "DSO_load", "SDL_LoadObject", "PR_LoadLibrary",
     "PR_LoadLibraryWithFlags", "uv_dlopen"}
)  # fmt: skip
"""dlopen(3), and the functions of common libraries that pass a name on to it."""

LOCALES = frozenset({"setlocale", "newlocale", "__newlocale", "uselocale", "__uselocale"})
"""Functions that ask for a locale; setlocale(3), newlocale(3)."""

TRANSLATING = frozenset(
    {"gettext", "dgettext", "dcgettext", "ngettext", "dngettext", "dcngettext", "bindtextdomain",
     "textdomain", "libintl_gettext", "libintl_dgettext", "libintl_bindtextdomain"}
)  # fmt: skip
"""Functions that look a message up in the user's language; gettext(3)."""

SYMBOLS = LOADING | LOCALES | TRANSLATING | frozenset(
    {"__gcc_personality_v0", "_Unwind_Backtrace", "_Unwind_ForcedUnwind", "_Unwind_Resume", "backtrace",
     "_nss_dns_gethostbyname_r", "_nss_files_getpwnam_r", "iconv_open", "popen", "pthread_cancel",
     "pthread_create", "pthread_exit", "system", "wordexp"}
)  # fmt: skip
"""The dynamic symbols that rules ask about; profiles may add others."""

IDLE = {"libstdc++.so.6": frozenset({"iconv_open"})}
"""Soname → symbols that it imports for an extension that nothing uses (`__gnu_cxx::encoding_state`)."""
