package io.heddle.proxy.app.admin;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.config.listener.v3.Filter;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
import org.junit.jupiter.api.Test;

class ProtoJsonTest {
  private static final Any UNKNOWN =
      Any.newBuilder()
          .setTypeUrl("type.googleapis.com/com.example.Stranger")
          .setValue(ByteString.copyFromUtf8("\n\014open sesame!"))
          .build();
  private static final Any SECRET =
      Any.pack(
          Struct.newBuilder()
              .putFields("password", Value.newBuilder().setStringValue("open sesame").build())
              .putFields("user", Value.newBuilder().setStringValue("ali").build())
              .build(),
          "stamp.example.com");

  private static Any listener(Any... filters) {
    HttpConnectionManager.Builder http = HttpConnectionManager.newBuilder().setStatPrefix("in");
    for (Any filter : filters) {
      http.addHttpFilters(HttpFilter.newBuilder().setName("f").setTypedConfig(filter));
    }
    return Any.pack(
        Listener.newBuilder()
            .setName("main")
            .addFilterChains(
                FilterChain.newBuilder()
                    .addFilters(Filter.newBuilder().setTypedConfig(Any.pack(http.build()))))
            .build());
  }

  @Test
  void anUnknownNestedMessageHidesItselfOnly() {
    JsonObject printed = new ProtoJson().print(listener(UNKNOWN, SECRET)).getAsJsonObject();
    assertThat(printed.get("name").getAsString()).isEqualTo("main");
    JsonObject http =
        printed
            .getAsJsonArray("filter_chains")
            .get(0)
            .getAsJsonObject()
            .getAsJsonArray("filters")
            .get(0)
            .getAsJsonObject()
            .getAsJsonObject("typed_config");
    assertThat(http.get("stat_prefix").getAsString()).isEqualTo("in");
    JsonObject hidden =
        http.getAsJsonArray("http_filters")
            .get(0)
            .getAsJsonObject()
            .getAsJsonObject("typed_config");
    assertThat(hidden.get("@type").getAsString()).isEqualTo(UNKNOWN.getTypeUrl());
    assertThat(hidden.get("heddle_note").getAsString())
        .isEqualTo("not shown: 14 bytes; a type that is not known here");
  }

  @Test
  void secretsAreRedactedBesideAnUnknownMessage() {
    String printed = new ProtoJson().print(listener(UNKNOWN, SECRET)).toString();
    assertThat(printed)
        .contains("\"password\":\"[redacted]\"", "\"user\":\"ali\"", "stamp.example.com/")
        .doesNotContain("sesame")
        .doesNotContain("c2VzYW1l");
  }

  @Test
  void aResourceThatCannotBeReadIsNamedAndNotShown() {
    Any broken =
        Any.newBuilder()
            .setTypeUrl(Any.pack(Listener.getDefaultInstance()).getTypeUrl())
            .setValue(ByteString.copyFromUtf8("\n\177sesame"))
            .build();
    JsonObject printed = new ProtoJson().print(broken).getAsJsonObject();
    assertThat(printed.get("@type").getAsString()).isEqualTo(broken.getTypeUrl());
    assertThat(printed.toString()).contains("not shown: 8 bytes").doesNotContain("sesame");
  }
}
