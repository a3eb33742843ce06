// The last two lines are sins.
#include <fmt/format.h>
#include <moebius/simulate/loop.hpp>

#include <moebius/io/json.hpp>
#include "../io/private.hpp"
