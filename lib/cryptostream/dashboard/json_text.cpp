#include <cryptostream/dashboard/json_text.h>

#include <fmt/format.h>

#include <cmath>

namespace cryptostream::dashboard {

std::string number(double value) { return std::isfinite(value) ? fmt::format("{}", value) : "null"; }

}  // namespace cryptostream::dashboard
