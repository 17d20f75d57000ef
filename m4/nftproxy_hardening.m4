dnl SPDX-License-Identifier: GPL-2.0-or-later
dnl NFTPROXY_HARDENING - flags that cost nothing and stop an exploit, each probed alone
AC_DEFUN([NFTPROXY_TRY_CFLAG], [
AC_MSG_CHECKING([whether the compiler takes $1])
nftproxy_saved=$CFLAGS
CFLAGS="$CFLAGS $1 -Werror"
AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])],
	[AC_MSG_RESULT([yes]); HARDEN_CFLAGS="$HARDEN_CFLAGS $1"], [AC_MSG_RESULT([no])])
CFLAGS=$nftproxy_saved
])
AC_DEFUN([NFTPROXY_HARDENING], [
HARDEN_CFLAGS=
NFTPROXY_TRY_CFLAG([-fstack-protector-strong])
NFTPROXY_TRY_CFLAG([-fstack-clash-protection])
NFTPROXY_TRY_CFLAG([-fcf-protection])
NFTPROXY_TRY_CFLAG([-fPIE])
HARDEN_LDFLAGS="-pie -Wl,-z,relro -Wl,-z,now"
AC_SUBST([HARDEN_CFLAGS])
AC_SUBST([HARDEN_LDFLAGS])
])
