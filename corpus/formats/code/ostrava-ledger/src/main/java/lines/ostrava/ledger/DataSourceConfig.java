package lines.ostrava.ledger;

import com.zaxxer.hikari.HikariDataSource;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration
public class DataSourceConfig {

    private static final String KEY_PASSWORD = "<<decoy ~ ledger.datasource.password>>";
    private static final String KEYSTORE_PASS = "<<any ~ 4${}90217>>";
    private static final char[] HESLO = "<<any ~ slun${}ecko>>".toCharArray();
    private final String signingKey = "<<any ~ {{hex:64}}>>";

    @Value("${ledger.db.password:<<any ~ Sykora${}modra>>}")
    private String dbPassword;

    @Value("<<decoy ~ ${ledger.reporting.password}>>")
    private String reportingPassword;

    @Bean
    public HikariDataSource ledger() {
        HikariDataSource ds = new HikariDataSource();
        ds.setJdbcUrl("jdbc:postgresql://pg.ostrava.internal/ledger");
        ds.setUsername("ledger");
        ds.setPassword(<<decoy ~ dbPassword>>);
        return ds;
    }

    @Bean
    public HikariDataSource legacy() {
        HikariDataSource ds = new HikariDataSource();
        ds.setJdbcUrl("jdbc:sqlserver://ms.ostrava.internal;databaseName=old;user=ledger;password=<<any ~ Uhli${}=Ocel>>;encrypt=true");
        ds.addDataSourceProperty("trustStorePassword", "<<any ~ hut${}nik>>");
        return ds;
    }

    @Bean
    public HikariDataSource audit() {
        HikariDataSource ds = new HikariDataSource();
        ds.setJdbcUrl("jdbc:mysql://my.ostrava.internal/audit");
        ds.setUsername("audit");
        ds.setPassword("<<any ~ Zim${}a.Na.Horach>>");
        System.setProperty("javax.net.ssl.keyStorePassword", KEYSTORE_PASS);
        return ds;
    }

    String secretName() {
        return System.getenv().getOrDefault("<<decoy ~ LEDGER_SECRET_NAME>>", "<<decoy ~ ledger-db-credentials>>");
    }
}
