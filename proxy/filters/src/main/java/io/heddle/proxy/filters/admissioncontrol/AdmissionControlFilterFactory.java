package io.heddle.proxy.filters.admissioncontrol;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.extensions.filters.http.admission_control.v3.AdmissionControl;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.FilterFactoryContext;
import io.heddle.proxy.api.HttpFilter;
import io.heddle.proxy.api.HttpFilterConfig;
import io.heddle.proxy.api.HttpFilterContext;
import io.heddle.proxy.api.HttpFilterFactory;
import io.heddle.proxy.filters.config.SetFields;
import java.util.EnumSet;
import java.util.Set;

/**
 * Refuses requests by the rate of those that succeeded ({@code
 * envoy.filters.http.admission_control}). Other than Envoy, whose workers count each for
 * themselves, all event loops share one window.
 *
 * @see <a
 *     href="https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/admission_control_filter">Envoy,
 *     admission control</a>
 */
public final class AdmissionControlFilterFactory implements HttpFilterFactory {
  @Override
  public String name() {
    return "envoy.filters.http.admission_control";
  }

  @Override
  public Set<String> typeUrls() {
    return Set.of(
        "type.googleapis.com/envoy.extensions.filters.http.admission_control.v3.AdmissionControl");
  }

  @Override
  public HttpFilterConfig parse(Any config, FilterFactoryContext context)
      throws FilterConfigException {
    return new Config(
        AdmissionControlConfig.of(SetFields.unpack(config, AdmissionControl.class), context));
  }

  private record Config(AdmissionControlConfig config) implements HttpFilterConfig {
    @Override
    public HttpFilter newFilter(HttpFilterContext context) {
      return new AdmissionControlFilter(config, context);
    }

    @Override
    public EnumSet<Callback> callbacks() {
      return EnumSet.of(
          Callback.REQUEST_HEADERS, Callback.RESPONSE_HEADERS, Callback.RESPONSE_BODY);
    }
  }
}
