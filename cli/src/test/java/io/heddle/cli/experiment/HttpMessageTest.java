package io.heddle.cli.experiment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HttpMessageTest {
  private static BufferedInputStream in(String text) {
    return new BufferedInputStream(new ByteArrayInputStream(HttpMessage.bytes(text)));
  }

  @Test
  void readsOneMessageAfterTheOther() throws IOException {
    BufferedInputStream in =
        in(
            """
            HTTP/1.1 200 OK\r
            Content-Length: 3\r
            \r
            ok
            HTTP/1.1 503 \r
            transfer-encoding: chunked\r
            Connection: close\r
            \r
            5;x=y\r
            abcde\r
            0\r
            trailer: t\r
            \r
            """);
    assertThat(HttpMessage.read(in).orElseThrow().status()).isEqualTo(200);
    HttpMessage second = HttpMessage.read(in).orElseThrow();
    assertThat(second.status()).isEqualTo(503);
    assertThat(second.lastOfItsConnection()).isTrue();
    assertThat(HttpMessage.read(in)).isEqualTo(Optional.empty());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 200 OK\r\nContent-Length: -3\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok\n",
        "HTTP/1.1 200 OK\r\n: nameless\r\n\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        "HTTP/1.1 200 OK\r\nhalf"
      })
  void refusesWhatIsNotWhole(String text) {
    assertThatThrownBy(() -> HttpMessage.read(in(text))).isInstanceOf(IOException.class);
  }

  @Test
  void boundsAHead() {
    assertThatThrownBy(() -> HttpMessage.read(in("HTTP/1.1 200 OK\r\nx: " + "y".repeat(70_000))))
        .hasMessageContaining("a head above 65536 bytes");
  }

  @Test
  void refusesAStartThatIsNone() throws IOException {
    HttpMessage message = HttpMessage.read(in("hello\r\n\r\n")).orElseThrow();
    assertThatThrownBy(message::status).hasMessageContaining("a status line that is none");
    assertThatThrownBy(message::path).hasMessageContaining("a request line that is none");
  }
}
