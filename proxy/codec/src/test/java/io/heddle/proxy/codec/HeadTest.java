package io.heddle.proxy.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.heddle.proxy.api.HeaderName;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class HeadTest {
  private static final HeaderName A = HeaderName.of("X-A");
  private static final HeaderName HOST = HeaderName.of("host");

  private final HeadPool pool = new HeadPool(4);
  private final RequestHead head = pool.request().start("GET", "/p", "h", "http");

  @AfterEach
  void release() {
    head.release();
    assertThat(pool.leased()).isZero();
  }

  @Test
  void showsPseudoHeadersAndHost() {
    assertThat(head.first(HeaderName.of(":method"))).contains("GET");
    assertThat(head.first(HeaderName.of(":path"))).contains("/p");
    assertThat(head.first(HeaderName.of(":authority"))).contains("h");
    assertThat(head.first(HeaderName.of(":scheme"))).contains("http");
    assertThat(head.first(HeaderName.of(":status"))).isEmpty();
    assertThat(head.first(HOST)).contains("h");
    assertThat(head.all(HOST)).containsExactly("h");
    assertThat(head.contains(HOST)).isTrue();
    assertThat(head.valueEquals(HOST, "h")).isTrue();
    assertThat(head.valueEquals(HeaderName.of(":path"), "/p")).isTrue();
    assertThat(head.valueEquals(HeaderName.of(":scheme"), "https")).isFalse();
    head.set(HOST, "other");
    head.set(HeaderName.of(":path"), "/q");
    head.set(HeaderName.of(":method"), "PUT");
    assertThat(head.authority()).isEqualTo("other");
    assertThat(head.path()).isEqualTo("/q");
    assertThat(head.method()).isEqualTo("PUT");
    assertThat(head.size()).isZero();
    assertThatThrownBy(() -> head.add(HOST, "x")).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> head.remove(HOST)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> head.add(HeaderName.of(":path"), "/"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> head.authority("a b")).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> head.authority("a ")).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> head.authority("\ta")).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> head.path("/a\r\nb")).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> head.method("G T")).isInstanceOf(IllegalArgumentException.class);
    assertThat(head.authority()).isEqualTo("other");
  }

  @Test
  void tellsWhetherANameBegins() {
    HeaderName prefix = HeaderName.of("x-envoy-");
    head.add(HeaderName.of("x-envoy"), "shorter");
    head.add(A, "x-envoy-in-a-value");
    assertThat(head.anyNameBegins(prefix)).isFalse();
    head.add(HeaderName.of("X-Envoy-Internal"), "true");
    assertThat(head.anyNameBegins(prefix)).isTrue();
    head.remove(HeaderName.of("x-envoy-internal"));
    assertThat(head.anyNameBegins(prefix)).isFalse();
  }

  @Test
  void countsLinesAndBytes() {
    head.add(A, "12");
    head.add(A, "3");
    assertThat(head.size()).isEqualTo(2);
    assertThat(head.byteSize()).isEqualTo(9);
    assertThat(head.all(A)).containsExactly("12", "3");
    assertThat(head.valueEquals(A, "12")).isTrue();
    assertThat(head.remove(A)).isTrue();
    assertThat(head.remove(A)).isFalse();
    assertThat(head.size()).isZero();
    assertThat(head.byteSize()).isZero();
    assertThat(head.first(A)).isEmpty();
  }

  @Test
  void boundsGrowth() {
    String value = "v".repeat(64 << 10);
    assertThatThrownBy(
            () -> {
              for (int i = 0; i < 100; i++) {
                head.add(A, value);
              }
            })
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("bytes");
  }

  @Test
  void agreesWithAPlainListUnderRandomChanges() {
    Random random = new Random(7);
    for (int round = 0; round < 200; round++) {
      ResponseHead tested = pool.response().start(200);
      List<String[]> plain = new ArrayList<>();
      for (int step = 0; step < 60; step++) {
        String name = "n" + random.nextInt(6);
        String value = "v" + random.nextInt(1000);
        HeaderName key = HeaderName.of(name);
        switch (random.nextInt(3)) {
          case 0 -> {
            tested.add(key, value);
            plain.add(new String[] {name, value});
          }
          case 1 -> {
            tested.set(key, value);
            plain.removeIf(line -> line[0].equals(name));
            plain.add(new String[] {name, value});
          }
          default ->
              assertThat(tested.remove(key))
                  .isEqualTo(plain.removeIf(line -> line[0].equals(name)));
        }
      }
      StringBuilder expected = new StringBuilder("HTTP/1.1 200 OK\r\n");
      plain.forEach(line -> expected.append(line[0]).append(": ").append(line[1]).append("\r\n"));
      ByteBuf out = Unpooled.buffer();
      ResponseWriter.write(tested, Framing.NONE, -1, ConnectionOption.NONE, out);
      assertThat(out.toString(StandardCharsets.ISO_8859_1)).isEqualTo(expected + "\r\n");
      assertThat(tested.size()).isEqualTo(plain.size());
      out.release();
      tested.release();
    }
  }

  @Test
  void aFilterMayAskForTrailersAndForNothingElseOfTheConnection() {
    HeadPool pool = new HeadPool(4);
    RequestHead head = pool.request().start("POST", "/", "a", "http");
    HeaderName te = HeaderName.of("te");
    head.set(te, "trailers");
    assertThat(head.first(te)).contains("trailers");
    assertThatThrownBy(() -> head.set(te, "gzip")).isInstanceOf(IllegalArgumentException.class);
    head.release();
  }
}
