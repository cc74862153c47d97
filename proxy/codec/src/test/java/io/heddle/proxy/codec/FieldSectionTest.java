package io.heddle.proxy.codec;

import static org.assertj.core.api.Assertions.assertThat;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Pseudo-headers are held against RFC 9113, 8.2.1 and 8.3.1. */
final class FieldSectionTest {
  private static final String MALFORMED = "http2.invalid.header.field";

  private final HeadPool pool = new HeadPool(4);

  @AfterEach
  void released() {
    assertThat(pool.leased()).isZero();
  }

  private @Nullable String request(String method, String path, String authority, String scheme) {
    RequestHead head = pool.request();
    try {
      return FieldSection.request(head, method, path, authority, scheme);
    } finally {
      head.release();
    }
  }

  @Test
  void takesARequest() {
    assertThat(request("GET", "/", "a", "http")).isNull();
    assertThat(request("GET", "/", "A=200000", "http")).isNull();
  }

  @Test
  void refusesBlanksRoundPseudoHeaders() {
    for (String blank : new String[] {" ", "\t"}) {
      assertThat(request("GET", "/", "A=200000" + blank, "http")).isEqualTo(MALFORMED);
      assertThat(request("GET", "/", blank + "a", "http")).isEqualTo(MALFORMED);
      assertThat(request("GET", "/", blank, "http")).isEqualTo(MALFORMED);
      assertThat(request("GET", "/" + blank, "a", "http")).isEqualTo(MALFORMED);
      assertThat(request("GET", blank + "/", "a", "http")).isEqualTo(MALFORMED);
      assertThat(request("GET" + blank, "/", "a", "http")).isEqualTo(MALFORMED);
      assertThat(request(blank + "GET", "/", "a", "http")).isEqualTo(MALFORMED);
      assertThat(request("GET", "/", "a", "http" + blank)).isEqualTo(MALFORMED);
      assertThat(request("GET", "/", "a", blank + "https")).isEqualTo(MALFORMED);
    }
  }

  @Test
  void refusesARequestForNoAuthority() {
    assertThat(request("GET", "/", "", "http")).isEqualTo("http2.violation.of.messaging.rule");
    RequestHead head = pool.request();
    assertThat(FieldSection.append(head, "host", "a")).isNull();
    assertThat(FieldSection.request(head, "GET", "/", "", "http")).isNull();
    assertThat(head.authority()).isEqualTo("a");
    head.release();
  }
}
