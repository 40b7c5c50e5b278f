// A change that waits in a buffer, as the changelogs of suppression and of joins with grace have it (Kafka Streams'
// format 3).
#pragma once

#include <cryptostream/core/bytes.h>
#include <cryptostream/core/result.h>
#include <cryptostream/core/timestamp.h>
#include <cryptostream/state/record_context.h>

#include <cstdint>
#include <string>

namespace cryptostream {

/// Views; valid as long as what they were made from.
struct BufferedChange {
  RecordContext context;     ///< of the last put
  OptionalBytesView prior;   ///< the old value of the first change that was buffered
  OptionalBytesView before;  ///< the old value of the last change
  OptionalBytesView now;     ///< the new value of the last change
  Timestamp time{};          ///< the entry's place
};

/// Appends time and origin of the record, its headers, the three values and the place. Lengths are int32, -1 is null,
/// and -2 says that `before` is the same as `prior`.
void append_buffered(const BufferedChange& change, std::string& into);

/// Reads it back. `headers` is where the headers are put, since the log has them in another byte order. Errors
/// (failure): it is cut off.
Result<BufferedChange> read_buffered(BytesView bytes, Headers& headers);

/// What an entry counts for the bound of a buffer, as Kafka Streams reckons it: texts by UTF-16 units, `before` only
/// where it differs from `prior`.
std::uint64_t buffered_weight(BytesView key, const BufferedChange& change);

}  // namespace cryptostream
