// The last line is a sin.
#include <cublas_v2.h>
#include <moebius/router/noise.hpp>
