package io.heddle.proxy.app;

import com.google.protobuf.Any;
import io.heddle.proxy.api.FilterFactoryContext;
import io.heddle.proxy.api.HttpFilter;
import io.heddle.proxy.api.HttpFilterConfig;
import io.heddle.proxy.api.HttpFilterFactory;
import java.util.Set;

/** A filter that does nothing; {@link ProxyIT} packs it into a plugin's jar. */
public final class PlantedFilterFactory implements HttpFilterFactory {
  static final String TYPE_URL = "planted.example.com/google.protobuf.Struct";

  /** Required by {@link java.util.ServiceLoader}. */
  public PlantedFilterFactory() {}

  @Override
  public String name() {
    return "com.example.planted";
  }

  @Override
  public Set<String> typeUrls() {
    return Set.of(TYPE_URL);
  }

  @Override
  public HttpFilterConfig parse(Any config, FilterFactoryContext context) {
    return _ -> new HttpFilter() {};
  }
}
