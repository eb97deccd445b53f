#import "NVLoginController.h"

static NSString * const kNVPasswordKey = @"<<decoy ~ NVStoredPassword>>";
static NSString * const kNVSharedSecret = @"<<any ~ {{hex:32}}>>";
#define NV_P12_PASSWORD @"<<any ~ Apfel${}wein&Brot>>"
static const char *kContrasena = "<<any ~ Gira${}sol*Sur>>";

@interface NVLoginController ()
@property (nonatomic, copy) NSString *password;
@end

@implementation NVLoginController

- (void)viewDidLoad {
    [super viewDidLoad];
    self.passwordField.placeholder = @"<<decoy ~ Kennwort>>";
    self.passwordField.accessibilityIdentifier = @"<<decoy ~ login_password_field>>";
    self.password = <<decoy ~ [self.store stringForKey:kNVPasswordKey]>>;
    [self.client setPassword:@"<<any ~ umbr${}ella>>"];
}

- (void)connect {
    NSDictionary *login = @{ @"user": @"kiosk", @"passwort": @"<<any ~ fram${}b0ise-Glace>>" };
    NSURL *dav = [NSURL URLWithString:@"https://kiosk:<<any ~ Sand${}uhr2>>@dav.norvale.internal/menu"];
    if ([self.password isEqualToString:@"<<any ~ kellertr${}eppe>>"]) {
        [self showServiceMenu];
    }
    NSLog(@"login with password <<decoy ~ %@>>", self.password.length ? @"set" : @"missing");
    [self.client loginWith:login url:dav secret:kNVSharedSecret];
}

@end
