// Waiting that ends when somebody asks to stop.
#pragma once

#include <chrono>
#include <stop_token>

namespace cryptostream {

/// Sleeps for `time`, or until a stop is requested. True if it was.
bool wait(std::stop_token stop, std::chrono::nanoseconds time);

}  // namespace cryptostream
