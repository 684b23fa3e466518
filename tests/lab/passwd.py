"""Passwords as crypt(3) keeps them, which Python no longer makes."""

import ctypes


def crypted(password: str) -> str:
    # One round of MD5: these passwords are printed on the screen.
    library = ctypes.CDLL("libcrypt.so.1")
    library.crypt.restype = ctypes.c_char_p
    return library.crypt(password.encode(), b"$1$hearth$").decode()
