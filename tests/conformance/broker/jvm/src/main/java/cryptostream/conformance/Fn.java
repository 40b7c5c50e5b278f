package cryptostream.conformance;

import org.apache.kafka.streams.kstream.Windowed;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.BiPredicate;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import java.util.function.Supplier;

/** The pure functions that scenarios call by name. Each works on texts, as the scenario format has it. */
final class Fn {
    /** A function with the kind of what it returns; null kinds mean the key's or the value's own. */
    record Mapping(Function<Kind[], Kind> kind, BiFunction<Object, Object, Object> function) {
        Kind of(final Kind key, final Kind value) {
            return kind.apply(new Kind[] {key, value});
        }
    }

    interface Join {
        Object of(Object key, Object left, Object right);
    }

    interface Step {
        Object of(Object value, Object aggregate);
    }

    record Aggregation(Kind kind, Step step) { }

    private Fn() { }

    static String text(final Object any) {
        if (any instanceof Windowed<?> in) {
            return text(in.key()) + "@" + in.window().start() + "/" + in.window().end();
        }
        return String.valueOf(any);
    }

    private static String orEmpty(final Object any) {
        return any == null ? "" : text(any);
    }

    private static long orZero(final Object any) {
        return any == null ? 0 : (Long) any;
    }

    private static String ifAny(final Object any, final Function<String, String> then) {
        return any == null ? null : then.apply(text(any));
    }

    private static boolean marked(final Object any) {
        return orEmpty(any).startsWith("x");
    }

    private static String first(final Object any) {
        return orEmpty(any).isEmpty() ? null : text(any).substring(0, 1);
    }

    private static String greater(final String a, final String b) {
        return a.compareTo(b) >= 0 ? a : b;
    }

    private static IllegalArgumentException unknown(final String name) {
        return new IllegalArgumentException("no such function: " + name);
    }

    static BiPredicate<Object, Object> predicate(final String name) {
        return switch (name) {
            case "true" -> (k, v) -> true;
            case "false" -> (k, v) -> false;
            case "even_length" -> (k, v) -> orEmpty(v).length() % 2 == 0;
            case "has_a" -> (k, v) -> orEmpty(v).indexOf('a') >= 0;
            case "starts_with_x" -> (k, v) -> marked(v);
            case "value_not_null" -> (k, v) -> v != null;
            case "key_not_null" -> (k, v) -> k != null;
            case "key_before_m" -> (k, v) -> k != null && text(k).compareTo("m") < 0;
            default -> throw unknown(name);
        };
    }

    private static Mapping toText(final BiFunction<Object, Object, Object> function) {
        return new Mapping(kinds -> Kind.TEXT, function);
    }

    static Mapping mapping(final String name) {
        return switch (name) {
            case "key" -> new Mapping(kinds -> kinds[0], (k, v) -> k);
            case "value" -> new Mapping(kinds -> kinds[1], (k, v) -> v);
            case "length" -> new Mapping(kinds -> Kind.NUMBER, (k, v) -> v == null ? null : (Long) (long) text(v).length());
            case "null" -> toText((k, v) -> null);
            case "const" -> toText((k, v) -> "c");
            case "upper" -> toText((k, v) -> ifAny(v, t -> t.toUpperCase(java.util.Locale.ROOT)));
            case "reverse" -> toText((k, v) -> ifAny(v, t -> new StringBuilder(t).reverse().toString()));
            case "text" -> toText((k, v) -> text(v));
            case "key_text" -> toText((k, v) -> text(k));
            case "with_key" -> toText((k, v) -> text(k) + ":" + text(v));
            case "first_char" -> toText((k, v) -> first(v));
            case "key_first_char" -> toText((k, v) -> first(k));
            case "null_if_x" -> toText((k, v) -> marked(v) ? null : ifAny(v, t -> t));
            case "key_null_if_x" -> toText((k, v) -> marked(v) ? null : ifAny(k, t -> t));
            default -> throw unknown(name);
        };
    }

    static Function<Object, List<Object>> flattening(final String name) {
        return switch (name) {
            case "none" -> v -> List.of();
            case "twice" -> v -> {
                final Object one = ifAny(v, t -> t);
                return Arrays.asList(one, one);
            };
            case "chars" -> v -> {
                final List<Object> all = new ArrayList<>();
                orEmpty(v).chars().forEach(c -> all.add(String.valueOf((char) c)));
                return all;
            };
            default -> throw unknown(name);
        };
    }

    static Join join(final String name) {
        return switch (name) {
            case "concat" -> (k, l, r) -> "(" + text(l) + "," + text(r) + ")";
            case "key_concat" -> (k, l, r) -> text(k) + "=(" + text(l) + "," + text(r) + ")";
            case "null_if_x" -> (k, l, r) -> marked(l) ? null : "(" + text(l) + "," + text(r) + ")";
            default -> throw unknown(name);
        };
    }

    static Supplier<Object> initial(final String name) {
        return switch (name) {
            case "empty" -> () -> "";
            case "init" -> () -> "I";
            case "zero" -> () -> 0L;
            case "null" -> () -> null;
            default -> throw unknown(name);
        };
    }

    static Aggregation aggregation(final String name) {
        return switch (name) {
            case "append" -> new Aggregation(Kind.TEXT, (v, a) -> orEmpty(a) + "+" + text(v));
            case "remove" -> new Aggregation(Kind.TEXT, (v, a) -> orEmpty(a) + "-" + text(v));
            case "null_on_x" -> new Aggregation(Kind.TEXT, (v, a) -> marked(v) ? null : orEmpty(a) + "+" + text(v));
            case "latest" -> new Aggregation(Kind.TEXT, (v, a) -> ifAny(v, t -> t));
            case "max" -> new Aggregation(Kind.TEXT, (v, a) -> greater(orEmpty(a), text(v)));
            case "count" -> new Aggregation(Kind.NUMBER, (v, a) -> orZero(a) + 1);
            case "uncount" -> new Aggregation(Kind.NUMBER, (v, a) -> orZero(a) - 1);
            case "sum_length" -> new Aggregation(Kind.NUMBER, (v, a) -> orZero(a) + orEmpty(v).length());
            case "subtract_length" -> new Aggregation(Kind.NUMBER, (v, a) -> orZero(a) - orEmpty(v).length());
            default -> throw unknown(name);
        };
    }

    static BinaryOperator<Object> reduction(final String name) {
        return switch (name) {
            case "append" -> (a, v) -> orEmpty(a) + "+" + text(v);
            case "remove" -> (a, v) -> orEmpty(a) + "-" + text(v);
            case "null_on_x" -> (a, v) -> marked(v) ? null : orEmpty(a) + "+" + text(v);
            case "latest" -> (a, v) -> v;
            case "max" -> (a, v) -> greater(text(a), text(v));
            case "sum" -> (a, v) -> orZero(a) + orZero(v);
            case "subtract" -> (a, v) -> orZero(a) - orZero(v);
            default -> throw unknown(name);
        };
    }

    static BinaryOperator<Object> merging(final String name) {
        return switch (name) {
            case "concat" -> (a, b) -> "[" + orEmpty(a) + "|" + orEmpty(b) + "]";
            case "sum" -> (a, b) -> orZero(a) + orZero(b);
            default -> throw unknown(name);
        };
    }
}
