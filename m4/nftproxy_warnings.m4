dnl SPDX-License-Identifier: GPL-2.0-or-later
dnl NFTPROXY_WARNINGS - the warnings we build with; the build gives -Werror at make time (make WERROR=-Werror)
AC_DEFUN([NFTPROXY_WARNINGS], [
WARN_CFLAGS="-std=gnu11 -Wall -Wextra -Wmissing-prototypes -Wstrict-prototypes -Wshadow -Wvla -Wformat=2 -Wswitch -Wundef -Wpointer-arith -Wwrite-strings"
AC_SUBST([WARN_CFLAGS])
])
