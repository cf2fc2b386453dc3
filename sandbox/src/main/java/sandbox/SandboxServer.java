package sandbox;

import ca.uhn.fhir.batch2.api.IJobMaintenanceService;
import ca.uhn.fhir.batch2.jobs.export.BulkDataExportProvider;
import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.IValidationSupport;
import ca.uhn.fhir.jpa.api.config.JpaStorageSettings;
import ca.uhn.fhir.jpa.api.dao.IFhirSystemDao;
import ca.uhn.fhir.jpa.provider.JpaCapabilityStatementProvider;
import ca.uhn.fhir.jpa.provider.JpaSystemProvider;
import ca.uhn.fhir.jpa.search.DatabaseBackedPagingProvider;
import ca.uhn.fhir.rest.server.IResourceProvider;
import ca.uhn.fhir.rest.server.RestfulServer;
import ca.uhn.fhir.rest.server.interceptor.CorsInterceptor;
import ca.uhn.fhir.rest.server.provider.ResourceProviderFactory;
import ca.uhn.fhir.rest.server.util.ISearchParamRegistry;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpServletResponseWrapper;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.eclipse.jetty.ee10.servlet.FilterHolder;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.web.cors.CorsConfiguration;

/**
 * A HAPI FHIR JPA server on this machine alone: {@code SandboxServer PORT PID} (port 0: any free one).
 *
 * <p>One store, seen through several doors:
 *
 * <ul>
 *   <li>{@code /fhir}: pages of 20 unless asked for more, 200 at most, as HAPI's own starter has it;
 *   <li>{@code /paged}: pages of 20 at most, whatever is asked for;
 *   <li>{@code /requests}: a server that knows no MedicationStatement;
 *   <li>{@code /statements}: a server that knows no MedicationRequest.
 * </ul>
 *
 * <p>Prints one line when it is ready, and ends when the process {@code PID} does.
 */
public final class SandboxServer {

    private SandboxServer() {}

    public static void main(String[] arguments) throws Exception {
        int port = Integer.parseInt(arguments[0]);
        ProcessHandle.of(Long.parseLong(arguments[1])).orElseThrow().onExit().thenRun(() -> System.exit(0));
        long start = System.nanoTime();
        AnnotationConfigApplicationContext store = new AnnotationConfigApplicationContext(StoreConfig.class);
        Server jetty = new Server(new InetSocketAddress("127.0.0.1", port));
        ServletContextHandler doors = new ServletContextHandler("/");
        doors.addServlet(door(store, 200, Set.of()), "/fhir/*");
        doors.addServlet(door(store, 20, Set.of()), "/paged/*");
        doors.addServlet(door(store, 200, Set.of("MedicationStatement")), "/requests/*");
        doors.addServlet(door(store, 200, Set.of("MedicationRequest")), "/statements/*");
        doors.addFilter(new FilterHolder(SandboxServer::askSoonAgain), "/*", EnumSet.of(DispatcherType.REQUEST));
        jetty.setHandler(doors);
        jetty.start();
        keepJobsGoing(store.getBean(IJobMaintenanceService.class));
        System.out.printf(
                "HAPI FHIR is ready at http://127.0.0.1:%d/fhir after %.0f s%n",
                jetty.getURI().getPort(), (System.nanoTime() - start) / 1e9);
        jetty.join();
    }

    /** Bulk exports are jobs in steps; HAPI's own schedule looks at them once a minute. */
    private static void keepJobsGoing(IJobMaintenanceService jobs) {
        Executors.newSingleThreadScheduledExecutor(work -> {
                    Thread thread = new Thread(work, "jobs");
                    thread.setDaemon(true);
                    return thread;
                })
                .scheduleWithFixedDelay(jobs::runMaintenancePass, 250, 250, TimeUnit.MILLISECONDS);
    }

    /** HAPI asks for two minutes before it is asked for an export again; of these few charts one takes seconds. */
    private static void askSoonAgain(ServletRequest request, ServletResponse response, FilterChain rest)
            throws IOException, ServletException {
        rest.doFilter(request, new HttpServletResponseWrapper((HttpServletResponse) response) {
            @Override
            public void addHeader(String name, String value) {
                super.addHeader(name, name.equals("Retry-After") ? "1" : value);
            }
        });
    }

    private static ServletHolder door(
            AnnotationConfigApplicationContext store, int longestPage, Set<String> withoutTypes) {
        IFhirSystemDao<?, ?> system = store.getBean(IFhirSystemDao.class);
        FhirContext fhir = store.getBean(FhirContext.class);
        RestfulServer server = new RestfulServer(fhir);
        List<Object> providers = store.getBean(ResourceProviderFactory.class).createProviders().stream()
                .filter(provider -> !(provider instanceof IResourceProvider typed
                        && withoutTypes.contains(fhir.getResourceType(typed.getResourceType()))))
                .collect(Collectors.toList());
        server.registerProviders(providers);
        server.registerProvider(store.getBean(JpaSystemProvider.class));
        server.registerProvider(store.getBean(BulkDataExportProvider.class));
        server.setServerConformanceProvider(new JpaCapabilityStatementProvider(
                server,
                system,
                store.getBean(JpaStorageSettings.class),
                store.getBean(ISearchParamRegistry.class),
                store.getBean(IValidationSupport.class)));
        DatabaseBackedPagingProvider paging =
                store.getAutowireCapableBeanFactory().createBean(DatabaseBackedPagingProvider.class);
        paging.setDefaultPageSize(20);
        paging.setMaximumPageSize(longestPage);
        server.setPagingProvider(paging);
        server.registerInterceptor(new CorsInterceptor(anybody()));
        return new ServletHolder(server);
    }

    /** Clients in a browser, the CDS Hooks sandbox among them, call from pages of other origins. */
    private static CorsConfiguration anybody() {
        CorsConfiguration everything = new CorsConfiguration();
        everything.addAllowedOrigin("*");
        everything.addAllowedHeader("*");
        everything.addAllowedMethod("*");
        return everything;
    }
}
