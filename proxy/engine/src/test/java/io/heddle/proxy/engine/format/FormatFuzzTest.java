package io.heddle.proxy.engine.format;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/**
 * Any format string is refused by an {@link IllegalArgumentException}, or can be written for a
 * subject that knows nothing; one without operators is what it says, {@code %%} being a percent
 * sign. With {@code heddle.fuzz.planted=FORMAT_KEEPS_PERCENT} that last rule is broken.
 */
final class FormatFuzzTest {
  /** Knows nothing. */
  private static final Subject NOBODY =
      (Subject)
          Proxy.newProxyInstance(
              Subject.class.getClassLoader(),
              new Class<?>[] {Subject.class},
              (_, method, _) -> {
                Class<?> type = method.getReturnType();
                if (type == int.class) {
                  return 0;
                }
                return type == long.class ? (Object) 0L : null;
              });

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
      assertThat(refused).hasMessageContaining("%");
      return;
    }
    if (pattern.contains("CONNECTION_ID") || pattern.contains("DOWNSTREAM_")) {
      // They ask the connection, which nobody has.
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
