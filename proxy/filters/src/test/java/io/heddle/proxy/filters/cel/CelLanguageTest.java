package io.heddle.proxy.filters.cel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.google.protobuf.ByteString;
import com.google.protobuf.NullValue;
import dev.cel.expr.Constant;
import dev.cel.expr.Expr;
import dev.cel.expr.ParsedExpr;
import io.heddle.proxy.api.Attributes;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class CelLanguageTest {
  private static final CelLanguage LANGUAGE = new CelLanguage();

  private static final Map<String, Object> KNOWN =
      Map.of(
          "request.path", "/shop?id=7",
          "request.size", 42L,
          "request.headers", Map.of("x-env", "prod"),
          "request.time", Instant.parse("2024-05-06T07:08:09Z"),
          "request.duration", Duration.ofMillis(1500),
          "connection.mtls", true,
          "metadata.filter_metadata", Map.of("ns", Map.of("n", 1.5, "l", List.of("a", "b"))),
          "filter_state.key", ByteString.copyFromUtf8("state"));

  private static final Attributes ATTRIBUTES =
      (root, name) -> Optional.ofNullable(KNOWN.get(root + "." + name));

  private static Optional<Object> value(String text) {
    return LANGUAGE.compile(text).evaluate(ATTRIBUTES);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "request.path == '/shop?id=7'",
        "request['path'] == '/shop?id=7'",
        "request.path.startsWith('/shop') && request.path.endsWith('7')",
        "request.path.matches('^/shop.*$')",
        "request.size > 40 && request.size == 42 && request.size < 42.5 && request.size == 42u",
        "request.size + 1 == 43 && request.size % 5 == 2",
        "request.headers['x-env'] == 'prod'",
        "'x-env' in request.headers && !('x-other' in request.headers)",
        "has(request.headers) && has(request.path) && !has(request.nothing)",
        "request.time > timestamp('2024-01-01T00:00:00Z') && request.time.getFullYear() == 2024",
        "request.duration == duration('1.5s') && request.duration < duration('2s')",
        "connection.mtls",
        "metadata.filter_metadata['ns']['n'] == 1.5",
        "'a' in metadata.filter_metadata.ns.l && size(metadata.filter_metadata.ns.l) == 2",
        "filter_state['key'] == b'state'",
        "request.size > 100 ? false : true",
        "request.nothing == 1 || connection.mtls",
        "int('7') == 7 && double(1) == 1.0 && type(1) == int",
        "{'a': [1, 2]}['a'][1] == 2",
      })
  void holds(String text) {
    assertThat(value(text)).contains(true);
  }

  @Test
  void valuesComeInTheTypesOfAttributes() {
    assertThat(value("request.size")).contains(42L);
    assertThat(value("7u")).contains(7L);
    assertThat(value("1.5")).contains(1.5);
    assertThat(value("request.path")).contains("/shop?id=7");
    assertThat(value("null")).contains(NullValue.NULL_VALUE);
    assertThat(value("filter_state.key")).contains(ByteString.copyFromUtf8("state"));
    assertThat(value("request.duration")).contains(Duration.ofMillis(1500));
    assertThat(value("request.time")).contains(Instant.parse("2024-05-06T07:08:09Z"));
    assertThat(value("[request.size, 1]")).contains(List.of(42L, 1L));
    assertThat(value("{'a': request.size}")).contains(Map.of("a", 42L));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "request.nothing",
        "request.nothing == 'a'",
        "request.headers['x-other'] == 'a'",
        "request.path.path",
        "request.path > 1",
        "request.size / 0",
        "request.path.matches(request.headers['x-other'])",
        "request.path + request.path",
        "upstream_filter_state.key",
        "[1][5]",
        "9223372036854775807 + request.size",
      })
  void hasNoValueAndThrowsNothing(String text) {
    assertThat(value(text)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "request.path ==",
        "nosuch.path == 'a'",
        "nosuch(1)",
        "string(1) == '1'",
        "[1, 2].all(x, x > 0)",
        "[1, 2].map(x, x)",
        "'a' + 'b' == 'ab'",
        "[1] + [2] == [1, 2]",
        "request.path.matches('a') + 'c'",
        "google.protobuf.Value{}",
        "1 == 'a'",
      })
  void isRefusedAsItIsWrong(String text) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> LANGUAGE.compile(text))
        .withMessageStartingWith("\"" + text + "\": ")
        .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n"));
  }

  @Test
  void isRefusedAsItIsTooLargeOrTooDeep() {
    assertThatIllegalArgumentException().isThrownBy(() -> LANGUAGE.compile(""));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> LANGUAGE.compile("true" + " || true".repeat(600)))
        .withMessageContaining("1 to 4096");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> LANGUAGE.compile("[".repeat(1000) + "1" + "]".repeat(1000)));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> LANGUAGE.compile("request.size" + " + 1".repeat(100)));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> LANGUAGE.compile("request" + ".a".repeat(2000)));
    assertThat(value("true" + " && true".repeat(500))).contains(true);
  }

  @Test
  void aRegularExpressionOfAClientIsBounded() {
    assertThat(value("request.path.matches('(a{1,50}){1,50}')")).isEmpty();
  }

  @Test
  void parsedExpressionsAreCheckedAndRun() {
    Expr path =
        Expr.newBuilder()
            .setId(2)
            .setSelectExpr(
                Expr.Select.newBuilder()
                    .setOperand(
                        Expr.newBuilder()
                            .setId(1)
                            .setIdentExpr(Expr.Ident.newBuilder().setName("request")))
                    .setField("path"))
            .build();
    Expr equal =
        Expr.newBuilder()
            .setId(3)
            .setCallExpr(
                Expr.Call.newBuilder()
                    .setFunction("_==_")
                    .addArgs(path)
                    .addArgs(
                        Expr.newBuilder()
                            .setId(4)
                            .setConstExpr(Constant.newBuilder().setStringValue("/shop?id=7"))))
            .build();
    var expression =
        LANGUAGE.compileParsed(ParsedExpr.newBuilder().setExpr(equal).build().toByteString());
    assertThat(expression.evaluate(ATTRIBUTES)).contains(true);
    assertThat(expression.attributes()).containsExactly("request.path");

    Expr unknown =
        Expr.newBuilder().setId(1).setIdentExpr(Expr.Ident.newBuilder().setName("nosuch")).build();
    assertThatIllegalArgumentException()
        .isThrownBy(() ->
            LANGUAGE.compileParsed(ParsedExpr.newBuilder().setExpr(unknown).build().toByteString()))
        .withMessageContaining("nosuch");
    Expr loop =
        Expr.newBuilder()
            .setId(9)
            .setComprehensionExpr(
                Expr.Comprehension.newBuilder()
                    .setIterVar("x")
                    .setIterRange(
                        Expr.newBuilder().setId(1).setListExpr(Expr.CreateList.newBuilder()))
                    .setAccuVar("y")
                    .setAccuInit(
                        Expr.newBuilder()
                            .setId(2)
                            .setConstExpr(Constant.newBuilder().setBoolValue(true)))
                    .setLoopCondition(
                        Expr.newBuilder()
                            .setId(3)
                            .setConstExpr(Constant.newBuilder().setBoolValue(true)))
                    .setLoopStep(
                        Expr.newBuilder()
                            .setId(4)
                            .setConstExpr(Constant.newBuilder().setBoolValue(true)))
                    .setResult(
                        Expr.newBuilder()
                            .setId(5)
                            .setConstExpr(Constant.newBuilder().setBoolValue(true))))
            .build();
    assertThatIllegalArgumentException()
        .isThrownBy(() ->
            LANGUAGE.compileParsed(ParsedExpr.newBuilder().setExpr(loop).build().toByteString()))
        .withMessageContaining("omprehension");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> LANGUAGE.compileParsed(ByteString.copyFromUtf8("nonsense")));
    assertThatIllegalArgumentException().isThrownBy(() -> LANGUAGE.compileParsed(ByteString.EMPTY));
  }

  @Test
  void saysWhatItAsksFor() {
    assertThat(
            LANGUAGE
                .compile(
                    "request.path == 'a' && xds['node'].id == 'b' && has(response.code)"
                        + " && [source.port] == [{'a': upstream.address}['a']]")
                .attributes())
        .containsExactlyInAnyOrder(
            "request.path", "xds.node", "response.code", "source.port", "upstream.address");
  }
}
