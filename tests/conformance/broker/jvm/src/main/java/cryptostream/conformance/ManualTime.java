package cryptostream.conformance;

import org.apache.kafka.common.utils.Time;

import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/** A wall clock that stands still until told, so that nothing is committed or punctuated but on purpose. */
final class ManualTime implements Time {
    private final AtomicLong now;

    ManualTime(final long start) {
        now = new AtomicLong(start);
    }

    void advance(final long ms) {
        now.addAndGet(ms);
    }

    @Override
    public long milliseconds() {
        return now.get();
    }

    @Override
    public long nanoseconds() {
        return now.get() * 1_000_000;
    }

    /** Who waits for another thread must let it run. */
    @Override
    public void sleep(final long ms) {
        SYSTEM.sleep(1);
    }

    @Override
    public void waitObject(final Object on, final Supplier<Boolean> until, final long deadlineMs) throws InterruptedException {
        synchronized (on) {
            while (!until.get()) {
                on.wait(10);
            }
        }
    }
}
