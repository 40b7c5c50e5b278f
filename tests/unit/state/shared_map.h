// A map that outlives its stores, as one on disk does.
#pragma once

#include <cryptostream/state/byte_map.h>

#include <memory>

class SharedMap final : public cryptostream::ByteMap {
 public:
  explicit SharedMap(cryptostream::ByteMap& map) : map_(map) {}
  cryptostream::Result<cryptostream::OptionalBytesView> get(cryptostream::BytesView key) override {
    return map_.get(key);
  }
  cryptostream::Result<void> put(cryptostream::BytesView key, cryptostream::BytesView value) override {
    return map_.put(key, value);
  }
  cryptostream::Result<void> erase(cryptostream::BytesView key) override { return map_.erase(key); }
  cryptostream::Result<void> erase_range(cryptostream::BytesView from, cryptostream::BytesView to) override {
    return map_.erase_range(from, to);
  }
  cryptostream::Result<std::unique_ptr<cryptostream::ByteCursor>> scan(cryptostream::OptionalBytesView from,
                                                                       cryptostream::OptionalBytesView to,
                                                                       cryptostream::Direction direction) override {
    return map_.scan(from, to, direction);
  }
  cryptostream::Result<void> commit(std::int64_t offset) override { return map_.commit(offset); }
  std::size_t buffered_bytes() const override { return map_.buffered_bytes(); }

 private:
  cryptostream::ByteMap& map_;
};
