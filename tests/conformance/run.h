// Runs one scenario on the TestDriver and tells what came out.
#pragma once

#include "op.h"

#include <rapidjson/document.h>

#include <string>

namespace conformance {

/// The result as a document: name, describe, internal_topics, steps, dropped_records, stores, internal, error.
/// `restart`: at its end all stores are dropped and restored; if they are not what they were, that is an error.
rapidjson::Document run(const Json& scenario, bool restart);

/// Without spaces or line ends.
std::string written(const Json& json);

}  // namespace conformance
