package cryptostream.conformance;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.streams.KafkaClientSupplier;
import org.apache.kafka.streams.processor.internals.RecordCollectorImpl;

import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The clients of a Kafka Streams program whose one stream thread goes on only when told: each of its polls gets all that is
 * in the log, sorted by partition, and a poll that finds nothing waits for the next step. So nothing depends on when a fetch
 * returns, and nobody sleeps.
 */
final class LockStep implements KafkaClientSupplier {
    private static final Comparator<TopicPartition> BY_NAME =
        Comparator.comparing(TopicPartition::topic).thenComparingInt(TopicPartition::partition);
    private static final long PATIENCE_MS = 60_000;

    private final List<Producer<byte[], byte[]>> producers = new ArrayList<>();
    private final List<Sent> sent = new ArrayList<>();
    private final Map<TopicPartition, Long> globalPositions = new ConcurrentHashMap<>();
    private volatile int step = -1;
    private volatile boolean driven;
    // Guarded by this:
    private boolean idle;
    private boolean go;
    private boolean turnOnce;
    private Throwable failure;

    // ---- for the one who drives ----------------------------------------------------------------------------------

    void at(final int number) {
        step = number;
    }

    /** From now on the stream thread waits for orders; returns when it does. */
    synchronized void takeOver() throws InterruptedException {
        idle = false;
        driven = true;
        awaitIdle();
    }

    synchronized void letGo() {
        driven = false;
        notifyAll();
    }

    /** Handles what has come into the log and all that follows from it. */
    synchronized void handle() throws InterruptedException {
        resume(false);
    }

    /** Lets the thread look at the clock, then handles what follows. */
    synchronized void turn() throws InterruptedException {
        resume(true);
    }

    synchronized void failed(final Throwable thrown) {
        failure = thrown;
        notifyAll();
    }

    /** Until the global thread has applied everything before {@code end}. */
    void awaitGlobal(final TopicPartition partition, final long end) throws InterruptedException {
        final long deadline = System.currentTimeMillis() + PATIENCE_MS;
        while (globalPositions.getOrDefault(partition, 0L) < end) {
            if (System.currentTimeMillis() > deadline) {
                throw new IllegalStateException("the global table does not come to " + end);
            }
            Thread.sleep(1);
        }
    }

    synchronized List<Sent> sent() {
        return new ArrayList<>(sent);
    }

    private void resume(final boolean once) throws InterruptedException {
        idle = false;
        go = true;
        turnOnce = once;
        notifyAll();
        awaitIdle();
    }

    private void awaitIdle() throws InterruptedException {
        final long deadline = System.currentTimeMillis() + PATIENCE_MS;
        while (!idle) {
            if (failure != null) {
                throw new IllegalStateException(failure);
            }
            if (System.currentTimeMillis() > deadline) {
                throw new IllegalStateException("the stream thread does not come to rest");
            }
            wait(1_000);
        }
    }

    // ---- for the stream thread -----------------------------------------------------------------------------------

    private ConsumerRecords<byte[], byte[]> poll(final Consumer<byte[], byte[]> consumer, final Duration timeout) throws InterruptedException {
        if (!driven) {
            return consumer.poll(timeout);
        }
        while (true) {
            final ConsumerRecords<byte[], byte[]> all = everything(consumer);
            if (!all.isEmpty()) {
                return all;
            }
            synchronized (this) {
                idle = true;
                notifyAll();
                while (driven && !go) {
                    wait();
                }
                go = false;
                if (!driven || turnOnce) {
                    turnOnce = false;
                    return ConsumerRecords.empty();
                }
            }
        }
    }

    private ConsumerRecords<byte[], byte[]> everything(final Consumer<byte[], byte[]> consumer) {
        producers.forEach(Producer::flush);
        final Map<TopicPartition, List<ConsumerRecord<byte[], byte[]>>> records = new TreeMap<>(BY_NAME);
        final Map<TopicPartition, OffsetAndMetadata> next = new LinkedHashMap<>();
        final Map<TopicPartition, Long> ends = consumer.endOffsets(consumer.assignment());
        while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
            final ConsumerRecords<byte[], byte[]> some = consumer.poll(Duration.ofMillis(5));
            for (final TopicPartition partition : some.partitions()) {
                records.computeIfAbsent(partition, p -> new ArrayList<>()).addAll(some.records(partition));
            }
            next.putAll(some.nextOffsets());
        }
        return records.isEmpty() ? ConsumerRecords.empty() : new ConsumerRecords<>(new LinkedHashMap<>(records), next);
    }

    private Object send(final Producer<byte[], byte[]> producer, final ProducerRecord<byte[], byte[]> record, final Callback callback) {
        final Sent one = new Sent(step, taskOf(callback), record);
        synchronized (this) {
            sent.add(one);
        }
        return producer.send(record, (metadata, failed) -> {
            if (failed == null) {
                one.partition = metadata.partition();
                one.offset = metadata.offset();
            }
            if (callback != null) {
                callback.onCompletion(metadata, failed);
            }
        });
    }

    /** The collector that sends is known to its callback alone. */
    private static String taskOf(final Callback callback) {
        try {
            for (final Field captured : callback.getClass().getDeclaredFields()) {
                captured.setAccessible(true);
                if (captured.get(callback) instanceof RecordCollectorImpl collector) {
                    final Field task = RecordCollectorImpl.class.getDeclaredField("taskId");
                    task.setAccessible(true);
                    return String.valueOf(task.get(collector));
                }
            }
        } catch (final ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
        throw new IllegalStateException("a record without a task");
    }

    // ---- KafkaClientSupplier -------------------------------------------------------------------------------------

    @Override
    @SuppressWarnings("unchecked")
    public Producer<byte[], byte[]> getProducer(final Map<String, Object> config) {
        final Producer<byte[], byte[]> producer = new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer());
        producers.add(producer);
        return (Producer<byte[], byte[]>) Proxy.newProxyInstance(LockStep.class.getClassLoader(), new Class<?>[] {Producer.class}, (self, method, given) ->
            method.getName().equals("send")
                ? send(producer, (ProducerRecord<byte[], byte[]>) given[0], given.length > 1 ? (Callback) given[1] : null)
                : call(producer, method, given));
    }

    @Override
    @SuppressWarnings("unchecked")
    public Consumer<byte[], byte[]> getConsumer(final Map<String, Object> config) {
        final Consumer<byte[], byte[]> consumer = plain(config);
        return (Consumer<byte[], byte[]>) Proxy.newProxyInstance(LockStep.class.getClassLoader(), new Class<?>[] {Consumer.class}, (self, method, given) ->
            method.getName().equals("poll") ? poll(consumer, (Duration) given[0]) : call(consumer, method, given));
    }

    @Override
    public Admin getAdmin(final Map<String, Object> config) {
        return Admin.create(config);
    }

    @Override
    public Consumer<byte[], byte[]> getRestoreConsumer(final Map<String, Object> config) {
        return plain(config);
    }

    @Override
    @SuppressWarnings("unchecked")
    public Consumer<byte[], byte[]> getGlobalConsumer(final Map<String, Object> config) {
        final Consumer<byte[], byte[]> consumer = plain(config);
        return (Consumer<byte[], byte[]>) Proxy.newProxyInstance(LockStep.class.getClassLoader(), new Class<?>[] {Consumer.class}, (self, method, given) -> {
            if (method.getName().equals("poll")) {
                consumer.assignment().forEach(partition -> globalPositions.put(partition, consumer.position(partition)));
            }
            return call(consumer, method, given);
        });
    }

    private static Consumer<byte[], byte[]> plain(final Map<String, Object> config) {
        return new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    private static Object call(final Object on, final Method method, final Object[] given) throws Throwable {
        try {
            return method.invoke(on, given);
        } catch (final InvocationTargetException e) {
            throw e.getCause();
        }
    }
}
