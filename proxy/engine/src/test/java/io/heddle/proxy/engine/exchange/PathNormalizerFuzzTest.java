package io.heddle.proxy.engine.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.heddle.xds.model.HttpConnectionManagerConfig.PathNormalization;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Any target: what comes out has no dot segment left, whatever was escaped, and is its own normal
 * form. With {@code heddle.fuzz.planted=PATH_DOTS_FIRST} escapes are decoded only after the dot
 * segments have gone, which the fuzzer must find.
 */
final class PathNormalizerFuzzTest {
  private static final List<PathNormalization> CONFIGS =
      List.of(
          new PathNormalization(true, true, PathNormalization.EscapedSlashes.KEEP_UNCHANGED),
          new PathNormalization(true, true, PathNormalization.EscapedSlashes.UNESCAPE_AND_FORWARD),
          new PathNormalization(true, false, PathNormalization.EscapedSlashes.REJECT_REQUEST),
          new PathNormalization(
              true, true, PathNormalization.EscapedSlashes.UNESCAPE_AND_REDIRECT));

  @FuzzTest(maxDuration = "60s")
  void leavesNoDotSegment(byte[] bytes) {
    if (bytes.length > 2_048 || contains(bytes, 1)) {
      return;
    }
    String target = "/" + new String(bytes, StandardCharsets.ISO_8859_1);
    for (PathNormalization config : CONFIGS) {
      String normal = normalize(target, config);
      if (normal == null) {
        continue;
      }
      int query = normal.indexOf('?');
      String path = query < 0 ? normal : normal.substring(0, query);
      assertThat(path).startsWith("/");
      for (String segment : path.split("/", -1)) {
        String plain = segment.toLowerCase(Locale.ROOT).replace("%2e", ".");
        assertThat(plain).isNotEqualTo("..").isNotEqualTo(".");
      }
      assertThat(normalize(normal, config)).isEqualTo(normal);
      int before = target.indexOf('?');
      assertThat(query < 0 ? "" : normal.substring(query))
          .isEqualTo(before < 0 ? "" : target.substring(before));
    }
  }

  private static boolean contains(byte[] bytes, int wanted) {
    for (byte one : bytes) {
      if (one == wanted) {
        return true;
      }
    }
    return false;
  }

  private static @Nullable String normalize(String target, PathNormalization config) {
    boolean planted = "PATH_DOTS_FIRST".equals(System.getProperty("heddle.fuzz.planted"));
    // The plant hides escapes behind a character that no target has, and shows them afterwards.
    String given = planted ? target.replace("%2e", "\u0001") : target;
    return switch (PathNormalizer.normalize(given, config)) {
      case PathNormalizer.Result.Path path -> shown(path.path(), planted);
      case PathNormalizer.Result.Redirect redirect -> shown(redirect.path(), planted);
      case PathNormalizer.Result.Refused _ -> null;
    };
  }

  private static String shown(String path, boolean planted) {
    return planted ? path.replace('\u0001', '.') : path;
  }
}
