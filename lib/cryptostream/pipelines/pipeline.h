// What the ready pipelines have in common: names that can be changed, tables in a store.
#pragma once

#include <cryptostream/core/log.h>
#include <cryptostream/dsl/streams_builder.h>
#include <cryptostream/stores/any_sink.h>

#include <map>
#include <string>
#include <string_view>

namespace cryptostream {

/// Other names for a pipeline's topics and tables: by default each has its own.
using Renames = std::map<std::string, std::string, std::less<>>;

/// `name`, or what it is called instead.
inline std::string renamed(const Renames& renames, std::string_view name) {
  auto found = renames.find(name);
  return found == renames.end() ? std::string(name) : found->second;
}

/// Errors (usage): `uri` is one file of CSV, where a pipeline writes several tables.
Result<void> expect_room_for_tables(std::string_view uri);

/// Ends `stream` in a table of the store that `uri` names. What `uri` says of tables, modes and keys is not for
/// pipelines: they know theirs. Errors: those of any_table.
template <class V>
Result<void> into_table(const Stream<std::string, V>& stream, const std::string& uri, const AnySinkOptions& options,
                        const TypeInfo& type = type_of<V>()) {
  CRYPTOSTREAM_TRY_ASSIGN(auto sink, (AnySink<V, std::string>::make(uri, options, type, &type_of<std::string>())));
  log(LogLevel::info, "target", "{}", sink.description());
  stream.to(std::move(sink));
  return {};
}

}  // namespace cryptostream
