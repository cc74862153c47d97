package io.heddle.xds.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A template on the first line and a path on the second: it matches what an expression made of it
 * matches, and its variables stand for the same. With {@code
 * heddle.fuzz.planted=TEMPLATE_NO_EMPTY_TEXT} a path that ends with a slash never matches, which
 * the fuzzer must find.
 */
final class UriTemplateFuzzTest {
  private static final String CHARACTERS = "[A-Za-z0-9\\-._~%!$&'()+,;:@=]+";
  private static final String TEXT = "[A-Za-z0-9\\-._~%!$&'()+,;:@=/]*";

  @FuzzTest(maxDuration = "60s")
  void matchesWhatItsExpressionMatches(byte[] bytes) {
    String[] lines = new String(bytes, StandardCharsets.ISO_8859_1).split("\n", 3);
    if (lines.length < 2 || lines[1].length() > 1_024) {
      return;
    }
    UriTemplate template;
    try {
      template = UriTemplate.parse(lines[0]);
    } catch (IllegalArgumentException refused) {
      assertThat(refused.getMessage()).isNotBlank();
      return;
    }
    String path = lines[1];
    Matcher expected = Pattern.compile(expression(lines[0])).matcher(path);
    boolean matches = expected.matches();
    assertThat(matches(template, path)).as("%s of %s", lines[0], path).isEqualTo(matches);
    if (matches) {
      assertThat(path).startsWith(template.literalPrefix());
    }
    int[] spans = template.spans(path, path.length());
    for (int i = 0; matches && i < template.variables().size(); i++) {
      assertThat(path.substring(spans[2 * i], spans[2 * i + 1])).isEqualTo(expected.group(i + 1));
    }
  }

  private static boolean matches(UriTemplate template, String path) {
    boolean planted = "TEMPLATE_NO_EMPTY_TEXT".equals(System.getProperty("heddle.fuzz.planted"));
    return !(planted && path.endsWith("/")) && template.matches(path, path.length());
  }

  /** The template is valid. */
  private static String expression(String template) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < template.length(); i++) {
      char c = template.charAt(i);
      if (template.startsWith("**", i)) {
        out.append(TEXT);
        i++;
      } else if (c == '*') {
        out.append(CHARACTERS);
      } else if (c == '{') {
        int close = template.indexOf('}', i);
        int equals = template.indexOf('=', i);
        boolean pattern = equals >= 0 && equals < close;
        out.append('(')
            .append(pattern ? expression(template.substring(equals + 1, close)) : CHARACTERS)
            .append(')');
        i = close;
      } else {
        out.append(Pattern.quote(String.valueOf(c)));
      }
    }
    return out.toString();
  }
}
