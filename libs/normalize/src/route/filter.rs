//! Filters of HTTPRoute and GRPCRoute, of rules and of backends.

use gateway_api::experimental::httproutes::{
    HttpRouteRulesFilters, HttpRouteRulesFiltersRequestRedirect,
    HttpRouteRulesFiltersRequestRedirectPathType, HttpRouteRulesFiltersRequestRedirectScheme,
    HttpRouteRulesFiltersType, HttpRouteRulesFiltersUrlRewrite,
    HttpRouteRulesFiltersUrlRewritePathType,
};
use tributary_model::route::{PathModifier, Redirect, RouteFilter, UrlRewrite};

use crate::check;
use crate::fault::{Fault, Path};

/// Which filters a kind of route has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FilterKinds {
    /// All.
    Http,
    /// Header modifiers, mirror and extensions.
    Grpc,
    /// None at all.
    L4,
}

pub(super) fn filters(
    at: &Path<'_>,
    entries: Vec<HttpRouteRulesFilters>,
    kinds: FilterKinds,
) -> Result<Vec<RouteFilter>, Fault> {
    // The L4 kinds' schema has no filters: an API server prunes them.
    if kinds == FilterKinds::L4 {
        return Ok(Vec::new());
    }
    check::count(at, entries.len(), 0..=16)?;
    let mut seen: Vec<&'static str> = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        let name = type_name(&entry.r#type);
        if !allowed(kinds, &entry.r#type) {
            return Err(at
                .index(index)
                .field("type")
                .fault(format!("a GRPCRoute has no {name} filter")));
        }
        if seen.contains(&name) && !repeatable(&entry.r#type) {
            return Err(at
                .index(index)
                .fault(format!("a {name} filter must not be repeated")));
        }
        seen.push(name);
    }
    if seen.contains(&"RequestRedirect") && seen.contains(&"URLRewrite") {
        return Err(at.fault("must not have both RequestRedirect and URLRewrite"));
    }
    entries
        .into_iter()
        .enumerate()
        .map(|(index, entry)| filter(&at.index(index), entry))
        .collect()
}

fn filter(at: &Path<'_>, entry: HttpRouteRulesFilters) -> Result<RouteFilter, Fault> {
    check_union(at, &entry)?;
    let HttpRouteRulesFilters {
        cors: _,
        extension_ref,
        external_auth: _,
        request_header_modifier: _,
        request_mirror: _,
        request_redirect,
        response_header_modifier: _,
        r#type,
        url_rewrite,
    } = entry;
    if let Some(redirect) = request_redirect {
        return self::redirect(&at.field("requestRedirect"), redirect).map(RouteFilter::Redirect);
    }
    if let Some(rewrite) = url_rewrite {
        return url_rewrite_filter(&at.field("urlRewrite"), rewrite).map(RouteFilter::UrlRewrite);
    }
    if let Some(extension) = extension_ref {
        let at = at.field("extensionRef");
        return Ok(RouteFilter::ExtensionRef {
            group: check::group(&at.field("group"), extension.group)?,
            kind: check::kind(&at.field("kind"), extension.kind)?,
            name: check::reference_name(&at.field("name"), extension.name)?,
        });
    }
    Ok(RouteFilter::Unsupported(type_name(&r#type).to_owned()))
}

/// `type` and the one struct that is given must agree.
fn check_union(at: &Path<'_>, entry: &HttpRouteRulesFilters) -> Result<(), Fault> {
    let HttpRouteRulesFilters {
        cors,
        extension_ref,
        external_auth,
        request_header_modifier,
        request_mirror,
        request_redirect,
        response_header_modifier,
        r#type,
        url_rewrite,
    } = entry;
    let name = type_name(r#type);
    let members = [
        ("CORS", "cors", cors.is_some()),
        ("ExtensionRef", "extensionRef", extension_ref.is_some()),
        ("ExternalAuth", "externalAuth", external_auth.is_some()),
        (
            "RequestHeaderModifier",
            "requestHeaderModifier",
            request_header_modifier.is_some(),
        ),
        ("RequestMirror", "requestMirror", request_mirror.is_some()),
        (
            "RequestRedirect",
            "requestRedirect",
            request_redirect.is_some(),
        ),
        (
            "ResponseHeaderModifier",
            "responseHeaderModifier",
            response_header_modifier.is_some(),
        ),
        ("URLRewrite", "urlRewrite", url_rewrite.is_some()),
    ];
    for (member_type, field, given) in members {
        if given && member_type != name {
            return Err(at
                .field(field)
                .fault(format!("must not be set for type {name}")));
        }
        if !given && member_type == name {
            return Err(at
                .field(field)
                .fault(format!("is required for type {name}")));
        }
    }
    Ok(())
}

fn redirect(
    at: &Path<'_>,
    redirect: HttpRouteRulesFiltersRequestRedirect,
) -> Result<Redirect, Fault> {
    let HttpRouteRulesFiltersRequestRedirect {
        hostname,
        path,
        port,
        scheme,
        status_code,
    } = redirect;
    let status_code = match status_code.unwrap_or(302) {
        301 => 301,
        302 => 302,
        303 => 303,
        307 => 307,
        308 => 308,
        other => {
            return Err(at
                .field("statusCode")
                .fault(format!("must be 301, 302, 303, 307 or 308, it is {other}")));
        }
    };
    let path = path
        .map(|path| {
            let wants = match path.r#type {
                HttpRouteRulesFiltersRequestRedirectPathType::ReplaceFullPath => Replace::Full,
                HttpRouteRulesFiltersRequestRedirectPathType::ReplacePrefixMatch => Replace::Prefix,
            };
            path_modifier(
                &at.field("path"),
                wants,
                path.replace_full_path,
                path.replace_prefix_match,
            )
        })
        .transpose()?;
    Ok(Redirect {
        scheme: scheme.map(|scheme| {
            match scheme {
                HttpRouteRulesFiltersRequestRedirectScheme::Http => "http",
                HttpRouteRulesFiltersRequestRedirectScheme::Https => "https",
            }
            .to_owned()
        }),
        hostname: hostname
            .map(|hostname| check::precise_hostname(&at.field("hostname"), &hostname))
            .transpose()?,
        path,
        port: check::optional_port(&at.field("port"), port)?,
        status_code,
    })
}

fn url_rewrite_filter(
    at: &Path<'_>,
    rewrite: HttpRouteRulesFiltersUrlRewrite,
) -> Result<UrlRewrite, Fault> {
    let HttpRouteRulesFiltersUrlRewrite { hostname, path } = rewrite;
    let path = path
        .map(|path| {
            let wants = match path.r#type {
                HttpRouteRulesFiltersUrlRewritePathType::ReplaceFullPath => Replace::Full,
                HttpRouteRulesFiltersUrlRewritePathType::ReplacePrefixMatch => Replace::Prefix,
            };
            path_modifier(
                &at.field("path"),
                wants,
                path.replace_full_path,
                path.replace_prefix_match,
            )
        })
        .transpose()?;
    Ok(UrlRewrite {
        hostname: hostname
            .map(|hostname| check::precise_hostname(&at.field("hostname"), &hostname))
            .transpose()?,
        path,
    })
}

#[derive(Clone, Copy)]
enum Replace {
    Full,
    Prefix,
}

fn path_modifier(
    at: &Path<'_>,
    wants: Replace,
    full: Option<String>,
    prefix: Option<String>,
) -> Result<PathModifier, Fault> {
    let full_path = at.field("replaceFullPath");
    let prefix_path = at.field("replacePrefixMatch");
    match (wants, full, prefix) {
        (Replace::Full, Some(full), None) => {
            check::length(&full_path, &full, 0..=1024)?;
            Ok(PathModifier::ReplaceFullPath(full))
        }
        (Replace::Prefix, None, Some(prefix)) => {
            check::length(&prefix_path, &prefix, 0..=1024)?;
            Ok(PathModifier::ReplacePrefixMatch(prefix))
        }
        (Replace::Full, None, _) => Err(full_path.fault("is required for type ReplaceFullPath")),
        (Replace::Prefix, _, None) => {
            Err(prefix_path.fault("is required for type ReplacePrefixMatch"))
        }
        (Replace::Full, Some(_), Some(_)) => {
            Err(prefix_path.fault("must not be set for type ReplaceFullPath"))
        }
        (Replace::Prefix, Some(_), Some(_)) => {
            Err(full_path.fault("must not be set for type ReplacePrefixMatch"))
        }
    }
}

/// Where a filter replaces the matched prefix, if one does: its index and the field of the modifier.
pub(super) fn prefix_replacement(filters: &[RouteFilter]) -> Option<(usize, &'static str)> {
    filters.iter().enumerate().find_map(|(index, filter)| {
        let (modifier, field) = match filter {
            RouteFilter::Redirect(redirect) => (redirect.path.as_ref(), "requestRedirect"),
            RouteFilter::UrlRewrite(rewrite) => (rewrite.path.as_ref(), "urlRewrite"),
            RouteFilter::ExtensionRef { .. } | RouteFilter::Unsupported(_) => (None, ""),
        };
        matches!(modifier, Some(PathModifier::ReplacePrefixMatch(_))).then_some((index, field))
    })
}

fn allowed(kinds: FilterKinds, filter: &HttpRouteRulesFiltersType) -> bool {
    match filter {
        HttpRouteRulesFiltersType::RequestHeaderModifier
        | HttpRouteRulesFiltersType::ResponseHeaderModifier
        | HttpRouteRulesFiltersType::RequestMirror
        | HttpRouteRulesFiltersType::ExtensionRef => kinds != FilterKinds::L4,
        HttpRouteRulesFiltersType::RequestRedirect
        | HttpRouteRulesFiltersType::UrlRewrite
        | HttpRouteRulesFiltersType::Cors
        | HttpRouteRulesFiltersType::ExternalAuth => kinds == FilterKinds::Http,
    }
}

/// Several mirrors and several extensions make sense; ExternalAuth has no rule against it.
fn repeatable(filter: &HttpRouteRulesFiltersType) -> bool {
    match filter {
        HttpRouteRulesFiltersType::RequestMirror
        | HttpRouteRulesFiltersType::ExtensionRef
        | HttpRouteRulesFiltersType::ExternalAuth => true,
        HttpRouteRulesFiltersType::RequestHeaderModifier
        | HttpRouteRulesFiltersType::ResponseHeaderModifier
        | HttpRouteRulesFiltersType::RequestRedirect
        | HttpRouteRulesFiltersType::UrlRewrite
        | HttpRouteRulesFiltersType::Cors => false,
    }
}

fn type_name(filter: &HttpRouteRulesFiltersType) -> &'static str {
    match filter {
        HttpRouteRulesFiltersType::RequestHeaderModifier => "RequestHeaderModifier",
        HttpRouteRulesFiltersType::ResponseHeaderModifier => "ResponseHeaderModifier",
        HttpRouteRulesFiltersType::RequestMirror => "RequestMirror",
        HttpRouteRulesFiltersType::RequestRedirect => "RequestRedirect",
        HttpRouteRulesFiltersType::UrlRewrite => "URLRewrite",
        HttpRouteRulesFiltersType::ExtensionRef => "ExtensionRef",
        HttpRouteRulesFiltersType::Cors => "CORS",
        HttpRouteRulesFiltersType::ExternalAuth => "ExternalAuth",
    }
}
