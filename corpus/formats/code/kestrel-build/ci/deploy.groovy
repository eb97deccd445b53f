package ci

import groovy.sql.Sql

class Deploy implements Serializable {
    static final String NEXUS_PASSWORD = '<<any ~ Hangar${}$Tor5>>'
    static final String TOKEN_CREDENTIALS_ID = '<<decoy ~ deploy-token>>'
    private final String ldapPw = "<<any ~ propel${}ler>>"
    def steps

    def credentials = [user: 'deploy', password: '<<any ~ pist${}e>>', passwordVariable: '<<decoy ~ NEXUS_PSW>>']

    void run(String env, String dbPass = "<<any ~ Vol${}An7>>") {
        def sql = Sql.newInstance('jdbc:mariadb://my.kestrel.internal/deploy', 'deploy', dbPass)
        sql.execute('insert into runs(env) values (?)', [env])

        steps.withCredentials([steps.string(credentialsId: TOKEN_CREDENTIALS_ID, variable: 'TOKEN')]) {
            steps.sh "curl -H 'Authorization: Bearer <<decoy ~ \$TOKEN>>' https://deploy.kestrel.internal/${env}"
        }
        steps.sh 'curl -u deploy:<<any ~ Seiten${}w1nd>> -T app.jar https://nexus.kestrel.internal/repository/rel/'
        steps.sh "docker login -u deploy -p <<decoy ~ ${credentials.password}>> registry.kestrel.internal"
        steps.sh '''
            export SONAR_TOKEN=<<any ~ {{hex:40}}>>
            export KEYSTORE_PASSWORD="<<decoy ~ $(cat /run/keystore.pass)>>"
            ./gradlew sonar publish
        '''
        def secret = System.getenv('HOOK_SECRET') ?: '<<any ~ {{alnum:22}}>>'
        steps.echo "hook secret: <<decoy ~ ${secret.length()} characters>>"
    }
}
