// Targets of records: `--to` and the options that go with it.
#pragma once

#include <cryptostream/cli/settings.h>
#include <cryptostream/core/log.h>
#include <cryptostream/dsl/streams_builder.h>
#include <cryptostream/stores/any_sink.h>

#include <algorithm>
#include <string>
#include <vector>

namespace cryptostream::tool {

/// What --table, --mode and --key say; the table is the topic's name by default.
Result<AnySinkOptions> sink_options(const cli::Settings& settings);

/// The URI as a sink wants it: a plain `postgres` becomes postgres-url where a config file sets that.
std::string target_uri(const cli::Settings& settings, const std::string& uri);

/// Whether `uri` can be a target of quotes. Contacts nothing.
Result<void> check_target(const cli::Settings& settings, const std::string& uri);

/// Says once, in the log, that a password in a flag can be seen by other users.
void warn_of_passwords(const cli::Settings& settings);

/// The same target for invented prices: another file beside it, or for databases another table (in `options`).
std::string simulated_twin(const std::string& uri);

/// Ends `stream` in every target. `value` describes V; it must outlive the topology.
template <class K, class V>
Result<void> to_targets(const Stream<K, V>& stream, const cli::Settings& settings, const std::vector<std::string>& uris,
                        const AnySinkOptions& options, const TypeInfo& value) {
  std::vector<std::string> names;
  for (const auto& uri : uris) {
    CRYPTOSTREAM_TRY_ASSIGN(auto sink, (AnySink<V, std::string>::make(target_uri(settings, uri), options, value, &type_of<std::string>())));
    log(LogLevel::info, "target", "{}", sink.description());
    // Positions are kept under the node's name: it must not depend on what else is written to.
    auto name = sink.name();
    auto same = std::count(names.begin(), names.end(), name);
    names.push_back(name);
    stream.to(std::move(sink), Named(same == 0 ? name : fmt::format("{}-{}", name, same + 1)));
  }
  return {};
}

}  // namespace cryptostream::tool
