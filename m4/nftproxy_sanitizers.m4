dnl SPDX-License-Identifier: GPL-2.0-or-later
dnl NFTPROXY_SANITIZERS - --enable-sanitizers: AddressSanitizer and UndefinedBehaviorSanitizer
AC_DEFUN([NFTPROXY_SANITIZERS], [
AC_ARG_ENABLE([sanitizers],
	[AS_HELP_STRING([--enable-sanitizers], [build with ASan and UBSan, for tests])], [], [enable_sanitizers=no])
SANITIZE_CFLAGS=
if test "$enable_sanitizers" = yes; then
	SANITIZE_CFLAGS="-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer"
	AC_DEFINE([ENABLE_SANITIZERS], [1], [Each arena piece is a malloc of its own])
fi
AC_SUBST([SANITIZE_CFLAGS])
AM_CONDITIONAL([ENABLE_SANITIZERS], [test "$enable_sanitizers" = yes])
])
