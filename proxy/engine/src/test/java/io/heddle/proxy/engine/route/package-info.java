/** Tests of compiled route tables. */
@NullMarked
package io.heddle.proxy.engine.route;

import org.jspecify.annotations.NullMarked;
