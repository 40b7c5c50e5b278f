// Runs one scenario on the TestDriver and tells what came out.
#pragma once

#include "op.h"

#include <rapidjson/document.h>

namespace conformance {

/// The result as a document: name, describe, internal_topics, steps, dropped_records, stores, internal, error.
rapidjson::Document run(const Json& scenario);

}  // namespace conformance
