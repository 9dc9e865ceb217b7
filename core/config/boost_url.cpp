// The one place where Boost.URL is compiled: Debian 12 has its library in a package of its own, and this needs none.
// It stands alone, so that a program that has it from elsewhere too links this or the other, never both.
#include <boost/url/src.hpp>
