// Runs a recorded scenario on a topology of concrete types and compares with what the JVM gave.
#pragma once

#include <cryptostream/dsl/streams_builder.h>

#include <functional>
#include <string>

namespace conformance::typed {

/// Fails the doctest case at the first record, description or count that differs.
void check(const std::string& name, const std::function<void(cryptostream::StreamsBuilder&)>& build);

}  // namespace conformance::typed
