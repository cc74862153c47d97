package io.heddle.proxy.filters.cel;

import com.google.common.primitives.UnsignedLong;
import com.google.protobuf.ByteString;
import dev.cel.common.values.CelByteString;
import dev.cel.common.values.NullValue;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelRuntime;
import io.heddle.proxy.api.Attributes;
import io.heddle.proxy.api.Expression;
import java.util.AbstractMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A compiled expression. */
final class CelExpression implements Expression {
  private final CelRuntime.Program program;
  private final Set<String> attributes;

  CelExpression(CelRuntime.Program program, Set<String> attributes) {
    this.program = program;
    this.attributes = attributes;
  }

  @Override
  public Optional<Object> evaluate(Attributes known) {
    try {
      return Optional.of(ours(program.eval(root -> Optional.of(new AttributeMap(root, known)))));
    } catch (CelEvaluationException | RuntimeException none) {
      return Optional.empty();
    }
  }

  @Override
  public Set<String> attributes() {
    return attributes;
  }

  private static Object ours(Object value) {
    return switch (value) {
      case UnsignedLong number -> number.longValue();
      case CelByteString bytes -> ByteString.copyFrom(bytes.toByteArray());
      case NullValue _ -> com.google.protobuf.NullValue.NULL_VALUE;
      default -> value;
    };
  }

  private static Object theirs(Object value) {
    return value instanceof ByteString bytes ? CelByteString.of(bytes.toByteArray()) : value;
  }

  /** What stands under one root, which lists nothing and is asked by name. */
  private static final class AttributeMap extends AbstractMap<String, Object> {
    private final String root;
    private final Attributes known;

    AttributeMap(String root, Attributes known) {
      this.root = root;
      this.known = known;
    }

    @Override
    public @Nullable Object get(@Nullable Object key) {
      return key instanceof String name
          ? known.value(root, name).map(CelExpression::theirs).orElse(null)
          : null;
    }

    @Override
    public boolean containsKey(@Nullable Object key) {
      return get(key) != null;
    }

    @Override
    public Set<Map.Entry<String, Object>> entrySet() {
      return Set.of();
    }
  }
}
