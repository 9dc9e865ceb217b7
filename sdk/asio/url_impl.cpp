// Boost.URL compiled here, so that nothing depends on its shared library at run time.
#include <boost/url/src.hpp>
