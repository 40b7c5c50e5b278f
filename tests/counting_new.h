// Counts what the program allocates through operator new.
#pragma once

namespace cryptostream::test {

/// Calls of operator new so far, in all threads.
long allocations();

}  // namespace cryptostream::test
