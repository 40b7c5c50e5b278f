// What a processor of the user's works in: the record in hand, and the way out for errors, which its code sees as
// exceptions.
#pragma once

#include <cryptostream/core/result.h>
#include <cryptostream/data/headers.h>
#include <cryptostream/graph/context.h>

#include <algorithm>
#include <exception>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace cryptostream {

/// Thrown through a processor when something that it called failed: a store, or a node further down. It need not be
/// caught; the record's fate is decided outside, and the error is not forgotten if it is caught.
class ProcessingFailed : public std::exception {
 public:
  explicit ProcessingFailed(std::string message) : message_(std::move(message)) {}
  const char* what() const noexcept override { return message_.c_str(); }

 private:
  std::string message_;
};

/// Not for users: what the contexts and typed stores of one processor share.
class ProcessorScope {
 public:
  ProcessorScope(TaskContext& task, const std::string& node, const std::vector<std::string>& stores)
      : task_(task), node_(node), stores_(stores) {}

  TaskContext& task() const { return task_; }
  const std::string& node() const { return node_; }
  Timestamp timestamp() const { return timestamp_; }
  HeadersView headers() const { return headers_; }
  /// What a store shall remember of the record in hand.
  RecordContext record() const { return task_.context_of(timestamp_, headers_); }

  /// The store, if the processor was connected with it; else throws std::logic_error.
  template <class S>
  S& store(const std::string& name) {
    if (std::find(stores_.begin(), stores_.end(), name) == stores_.end())
      throw std::logic_error("processor \"" + node_ + "\" has no access to store \"" + name +
                             "\": name it in process(..., Stores{...})");
    auto* typed = dynamic_cast<S*>(expect(task_.store(name)));
    if (!typed) throw std::logic_error("processor \"" + node_ + "\": store \"" + name + "\" is of another kind");
    return *typed;
  }

  /// The value, or the error on its way out.
  template <class T>
  T expect(Result<T> result) {
    if (!result) [[unlikely]]
      give_up(result.error());
    if constexpr (!std::is_void_v<T>) return std::move(*result);
  }

  /// Runs the user's code with this record in hand. Gives the first error of what it called, or its exception as a bad
  /// record.
  template <class Body>
  Result<void> run(Timestamp timestamp, HeadersView headers, const Body& body) {
    auto outer_time = std::exchange(timestamp_, timestamp);
    auto outer_headers = std::exchange(headers_, headers);
    auto result = guarded(body);
    timestamp_ = outer_time;
    headers_ = outer_headers;
    return result;
  }

 private:
  template <class Body>
  Result<void> guarded(const Body& body) {
    std::optional<std::string> thrown;
    try {
      body();
    } catch (const std::exception& error) {
      thrown = error.what();
    } catch (...) {
      thrown = "threw something that is no std::exception";
    }
    if (failure_) [[unlikely]]
      return fail(*std::exchange(failure_, std::nullopt));
    if (thrown) [[unlikely]] {
      task_.note_failure(Place::function, node_);
      return fail(ErrorKind::bad_record, node_ + ": " + *thrown);
    }
    return {};
  }
  [[noreturn]] void give_up(const Error& error) {
    if (!failure_) failure_ = error;
    throw ProcessingFailed(error.message());
  }

  TaskContext& task_;
  const std::string& node_;
  const std::vector<std::string>& stores_;
  Timestamp timestamp_{};
  HeadersView headers_{};
  std::optional<Error> failure_;
};

}  // namespace cryptostream
