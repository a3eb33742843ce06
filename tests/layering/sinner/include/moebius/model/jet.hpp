// No sin here: the one public header that may use Boost.
#include <boost/math/differentiation/autodiff.hpp>
