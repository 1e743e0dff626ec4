// Debian's luaconf.h includes this name, which its package build generates. Only the search paths of
// C modules use it, and we load none.
#define DEB_HOST_MULTIARCH ""
