// Both lines are sins: what is measured may not know what is predicted.
#include <moebius/exact/two_expert.hpp>
#include <moebius/model/field.hpp>
