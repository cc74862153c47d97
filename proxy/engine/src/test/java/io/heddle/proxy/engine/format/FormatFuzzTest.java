package io.heddle.proxy.engine.format;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.heddle.proxy.api.ConnectionInfo;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.lang.reflect.Proxy;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Any format string is refused by an {@link IllegalArgumentException}, or can be written for a
 * subject that knows nothing; one without operators is what it says, {@code %%} being a percent
 * sign. With {@code heddle.fuzz.planted=FORMAT_KEEPS_PERCENT} that last rule is broken.
 */
final class FormatFuzzTest {
  /** Knows nothing, but that it had a connection. */
  private static final Subject NOBODY = nobody(Subject.class);

  private static <T> T nobody(Class<T> type) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (_, method, _) -> nothing(method.getReturnType())));
  }

  private static @Nullable Object nothing(Class<?> type) {
    if (type == ConnectionInfo.class) {
      return nobody(ConnectionInfo.class);
    }
    if (type == InetSocketAddress.class) {
      return new InetSocketAddress(InetAddress.getLoopbackAddress(), 1);
    }
    if (type == Optional.class) {
      return Optional.empty();
    }
    if (type == int.class) {
      return 0;
    }
    if (type == boolean.class) {
      return false;
    }
    return type == long.class ? (Object) 0L : null;
  }

  @FuzzTest(maxDuration = "60s")
  void isRefusedOrWritten(byte[] bytes) {
    if (bytes.length > 1_024) {
      return;
    }
    String pattern = new String(bytes, StandardCharsets.UTF_8);
    boolean planted = "FORMAT_KEEPS_PERCENT".equals(System.getProperty("heddle.fuzz.planted"));
    Format format;
    try {
      format = Format.text(planted ? pattern.replace("%%", "%%%%") : pattern, false);
    } catch (IllegalArgumentException refused) {
      assertThat(refused.getMessage()).isNotBlank();
      return;
    }
    ByteBuf out = Unpooled.buffer();
    format.append(NOBODY, out);
    if (format.constant()) {
      assertThat(out.toString(StandardCharsets.UTF_8)).isEqualTo(pattern.replace("%%", "%"));
    }
  }

  @Test
  void theSubjectKnowsNothing() {
    assertThat(Format.text("%PROTOCOL% %RESPONSE_CODE%", false).render(NOBODY)).isEqualTo("- 0");
  }
}
